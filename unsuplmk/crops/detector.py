"""Objects that a detection network finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, final

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from unsuplmk import launch
from unsuplmk.errors import UserError, unknown
from unsuplmk.interfaces import Crop, Dataset
from unsuplmk.ops import weights as files
from unsuplmk.ops.squares import around
from unsuplmk.types import Boxes

OFFICIAL = "FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.COCO_V1"
BATCH = 16


@final
class Detector(Crop):
    """A square about the best box of a detection network: Faster R-CNN on MobileNetV3, trained on COCO.

    Ren et al. 2015, https://arxiv.org/abs/1506.01497, in torchvision's version for small images. It knows the 80
    kinds of objects of COCO, whose `mouse` is a computer's. Frames in which it finds none are left out.

    Args:
        label: What to look for, by its name in COCO: person, dog, cat, horse, cow, bird, car, ...
        threshold: Least score of a box, in [0, 1].
        margin: What is added to the longer side of a box, as a share of it.
        weights: File of the network's weights in torchvision's layout; empty downloads them.
        device: auto, cpu, cuda or mps.
    """

    def __init__(
        self,
        *,
        label: str = "person",
        threshold: Annotated[float, Field(ge=0, le=1)] = 0.5,
        margin: Annotated[float, Field(ge=0, le=10)] = 0.2,
        weights: str = "",
        device: str = "auto",
    ) -> None:
        known = categories()
        if label not in known:
            raise unknown("kind of object in COCO", label, known)
        self._label, self._kind = label, known[label]
        self._threshold, self._margin, self._weights, self._device = threshold, margin, weights, device

    def boxes(self, dataset: Dataset, report: Callable[[str], None]) -> Boxes:
        """The best box of each frame that has one.

        Raises:
            UserError: The weights are not to be had, or no frame shows such an object.
        """
        device = launch.resolve(self._device)
        model = network(self._threshold)
        files.load(model, "", self._weights, OFFICIAL, "--crop.weights")
        model.eval().to(device)
        frames: list[int] = []
        edges: list[np.ndarray] = []
        read = 0
        for indices, images in _batches(dataset):
            read += len(indices)
            for index, box in zip(indices, self._best(model, images, device), strict=True):
                if box is not None:
                    frames.append(index)
                    edges.append(box)
        where = f"{self._label} with a score of {self._threshold:g} or more"
        if not frames:
            raise UserError(
                f"none of the {read} frames that can be read shows a {where}: lower --crop.threshold, choose another "
                "--crop.label, or take --crop whole"
            )
        if len(frames) < len(dataset):
            report(f"{len(dataset) - len(frames)} of {len(dataset)} frames show no {where} and are left out")
        return Boxes(np.array(frames), around(np.stack(edges), self._margin))

    @torch.inference_mode()
    def _best(self, model: nn.Module, images: list[Tensor], device: str) -> list[Float[np.ndarray, "4"] | None]:
        best: list[np.ndarray | None] = []
        for found in model([image.to(device) / 255 for image in images]):
            ours = (found["labels"] == self._kind) & (found["scores"] >= self._threshold)
            boxes = found["boxes"][ours]  # in edge coordinates, the best first
            full = (boxes[:, 2:] > boxes[:, :2]).all(1)
            best.append(boxes[full][0].cpu().double().numpy() if full.any() else None)
        return best


def network(threshold: float) -> nn.Module:
    """The network with random weights; it gives no boxes with a score below the threshold."""
    from torchvision.models.detection import FasterRCNN
    from torchvision.models.detection.anchor_utils import AnchorGenerator
    from torchvision.models.detection.backbone_utils import mobilenet_backbone

    # as torchvision builds it where it loads these weights: batch norm that is frozen
    backbone = mobilenet_backbone(backbone_name="mobilenet_v3_large", weights=None, fpn=True, trainable_layers=0)
    anchors = AnchorGenerator(((32, 64, 128, 256, 512),) * 3, ((0.5, 1.0, 2.0),) * 3)
    few = {"rpn_pre_nms_top_n_test": 150, "rpn_post_nms_top_n_test": 150, "rpn_score_thresh": 0.05}
    size = {"min_size": 320, "max_size": 640}
    return FasterRCNN(backbone, 91, rpn_anchor_generator=anchors, box_score_thresh=threshold, **size, **few)


def categories() -> dict[str, int]:
    """The kinds of objects of COCO -> their numbers."""
    from torchvision.models import get_weight

    names = get_weight(OFFICIAL).meta["categories"]
    return {name: number for number, name in enumerate(names) if name not in ("__background__", "N/A")}


def _batches(dataset: Dataset) -> Iterator[tuple[list[int], list[Tensor]]]:
    """The frames that can be read, in order; those that cannot are named when the pipeline reads them."""
    indices: list[int] = []
    images: list[Tensor] = []
    for index in range(len(dataset)):
        try:
            frame = dataset.read(index)
        except UserError:
            continue
        indices.append(index)
        images.append(torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1))
        if len(images) == BATCH:
            yield indices, images
            indices, images = [], []
    if images:
        yield indices, images
