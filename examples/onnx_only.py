"""Landmarks of a picture by a file of `unsuplmk export`, without unsuplmk: onnx_only.py FILE.onnx PICTURE."""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
names = json.loads(session.get_modelmeta().custom_metadata_map["unsuplmk"])["names"]
picture = np.asarray(Image.open(sys.argv[2]).convert("RGB"))
xy, score = session.run(["xy", "score"], {"frames": picture[None]})
for name, (x, y), sure in zip(names, xy[0], score[0], strict=True):
    print(f"{name},{x:.3f},{y:.3f},{sure:.3f}")
