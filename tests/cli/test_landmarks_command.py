"""``statue landmarks``: one face or all, in every form."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from statue_command import POINTS, statue

from statue_models.errors import StatueError
from statue_models.face.face_frame import FaceFrame
from statue_models.face.landmark_file import read_landmarks
from statue_models.face.landmarks68 import Landmarks


def test_all_faces_of_a_picture(scene, fake, capsys):
    found = replace(Landmarks.given(POINTS), source="landmarknet without facemesh")
    fake.faces = [(found, FaceFrame((48.0, 40.0), 90.0)), (found, FaceFrame((9, 9), 8))]
    try:
        assert statue("landmarks", "photo.png") == 0
        said = capsys.readouterr()
        assert "1 more to be found" in said.err and "--all" in said.err and "faces" not in json.loads(said.out)
        assert said.err.count("(predictor-without)") == 1
        assert statue("landmarks", "photo.png", "--all", "-o", "faces.json", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert [face["frame"]["centre"] for face in told["faces"]] == [[48.0, 40.0], [9, 9]]
        assert len(told["faces"][1]["landmarks"]["points"]) == 68 and "landmarks" not in told
        assert json.loads(Path("faces.json").read_text()) == told
        assert statue("landmarks", "photo.png", "--all", "-o", "faces.pts") == 2
    finally:
        fake.faces = []


def test_landmarks_in_every_form(scene, fake, capsys):
    assert statue("landmarks", "photo.png", "--mask", "mask.png", "--face", "1,2,50,60", "--predictor", "facemesh") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["image"] == {"width": 96, "height": 80} and answer["frame"]["side"] == 90.0
    image, mask, face, predictor = fake.seen[0]
    assert predictor == "facemesh"
    assert image.shape == (80, 96, 3) and mask.max() == 255 and face == (1.0, 2.0, 50.0, 60.0)
    for name in ("points.json", "points.pts"):
        assert statue("landmarks", "photo.png", "-o", name) == 0
        assert capsys.readouterr().out == ""
        assert np.allclose(read_landmarks(Path(name))[0].points, POINTS)
        assert statue("landmarks", "photo.png", "-o", name) == 8
    assert statue("landmarks", "photo.png", "-o", "points.svg", "--json", "--quiet") == 0
    assert json.loads(capsys.readouterr().out) == json.loads(Path("points.json").read_text())
    assert Path("points.svg").read_text().startswith("<svg")


def test_a_face_that_is_not_found_is_told_in_the_words_of_the_command(scene, fake, capsys, monkeypatch):
    def nothing(*_, **__):
        raise StatueError("no-face", where="in the picture", more=" or give the 68 points with --landmarks FILE")

    monkeypatch.setattr(fake, "find_landmarks", nothing)
    assert statue("landmarks", "photo.png", "--all") == 4
    assert statue("landmarks", "photo.png") == 4
    said = capsys.readouterr().err
    assert "No face was found in the picture." in said and "--face" in said and "--landmarks" not in said
