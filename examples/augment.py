"""Write an albumentations pipeline: turned, scaled, bent and shaded a little, and partly hidden.

python examples/augment.py augment.json
"""

import os
import sys

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # albumentations asks the network at import otherwise
import albumentations as A

REPLICATE = 1  # cv2.BORDER_REPLICATE: what lies beyond the border looks like the border

pipeline = A.Compose(
    [
        A.HorizontalFlip(p=0.5),
        A.Affine(rotate=(-20, 20), scale=(0.85, 1.15), translate_percent=(-0.08, 0.08), border_mode=REPLICATE, p=1),
        A.ElasticTransform(alpha=30, sigma=8, border_mode=REPLICATE, p=0.3),
        A.RandomBrightnessContrast(p=0.5),
        A.CoarseDropout(num_holes_range=(1, 2), hole_height_range=(0.05, 0.2), hole_width_range=(0.05, 0.2), p=0.2),
    ]
)
A.save(pipeline, sys.argv[1])
