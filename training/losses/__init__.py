"""Terms of losses, unweighted, that more than one system uses. Pictures are N x C x H x W, masks 1 = missing."""
