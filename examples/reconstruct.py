"""How well a run rebuilds the embedded puppets, beside the source itself and another image's landmarks."""

import sys

from unsuplmk import Detector, registry
from unsuplmk.batches.data import open_data
from unsuplmk.evaluation.rebuild import rebuild
from unsuplmk.evaluation.reconstruct import judge

detector = Detector.load(sys.argv[1])
rebuilt = rebuild(detector, open_data("puppets", {"split": "test"}), images=50)
print(judge(rebuilt, {"ssim": registry.build("quality", "ssim")}).as_dict())
