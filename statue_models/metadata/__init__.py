"""What picture files say beside their samples: EXIF and TIFF tags, thumbnails, XMP, Photoshop's and IPTC's records."""
