"""The built-in plugin: the table of contents of what ships. It enters by the same door as all others."""

from collections.abc import Mapping

from unsuplmk.hookspecs import hookimpl


@hookimpl
def register_pair_sources() -> Mapping[str, type]:
    """The built-in pair sources."""
    from unsuplmk.pairs.single import Single
    from unsuplmk.pairs.video import Video
    from unsuplmk.pairs.views import Views
    from unsuplmk.pairs.warped import Warped
    from unsuplmk.pairs.within import Within

    return {"warped": Warped, "video": Video, "within": Within, "views": Views, "single": Single}


@hookimpl
def register_encoders() -> Mapping[str, type]:
    """The built-in encoders."""
    from unsuplmk.encoders.convnet import Convnet
    from unsuplmk.encoders.hourglass import Hourglass

    return {"convnet": Convnet, "hourglass": Hourglass}


@hookimpl
def register_bottlenecks() -> Mapping[str, type]:
    """The built-in bottlenecks."""
    from unsuplmk.bottlenecks.code import Code
    from unsuplmk.bottlenecks.density import Density
    from unsuplmk.bottlenecks.gaussian import Gaussian

    return {"gaussian": Gaussian, "density": Density, "code": Code}


@hookimpl
def register_generators() -> Mapping[str, type]:
    """The built-in generators."""
    from unsuplmk.generators.descriptors import Descriptors
    from unsuplmk.generators.flow import Flow
    from unsuplmk.generators.identity import Identity
    from unsuplmk.generators.renderer import Renderer
    from unsuplmk.generators.template import Template
    from unsuplmk.generators.unet import UNet

    return {
        "renderer": Renderer,
        "unet": UNet,
        "descriptors": Descriptors,
        "flow": Flow,
        "template": Template,
        "identity": Identity,
    }


@hookimpl
def register_losses() -> Mapping[str, type]:
    """The built-in losses."""
    from unsuplmk.losses.alignment import Alignment
    from unsuplmk.losses.compact import Compact
    from unsuplmk.losses.concentration import Concentration
    from unsuplmk.losses.distinctiveness import Distinctiveness
    from unsuplmk.losses.equivariance import Equivariance
    from unsuplmk.losses.pixel import Pixel
    from unsuplmk.losses.selfsup import Selfsup
    from unsuplmk.losses.separation import Separation
    from unsuplmk.losses.squeezenet import Squeezenet
    from unsuplmk.losses.vgg16 import Vgg16
    from unsuplmk.losses.vgg19 import Vgg19

    return {
        "pixel": Pixel,
        "compact": Compact,
        "vgg16": Vgg16,
        "vgg19": Vgg19,
        "selfsup": Selfsup,
        "squeezenet": Squeezenet,
        "equivariance": Equivariance,
        "separation": Separation,
        "alignment": Alignment,
        "distinctiveness": Distinctiveness,
        "concentration": Concentration,
    }


@hookimpl
def register_datasets() -> Mapping[str, type]:
    """The built-in datasets."""
    from unsuplmk.datasets.aflw import Aflw
    from unsuplmk.datasets.bbc import Bbc
    from unsuplmk.datasets.celeba import Celeba
    from unsuplmk.datasets.coco import Coco
    from unsuplmk.datasets.cub import Cub
    from unsuplmk.datasets.deeplabcut import Deeplabcut
    from unsuplmk.datasets.files import Files
    from unsuplmk.datasets.human36m import Human36m
    from unsuplmk.datasets.lightningpose import Lightningpose
    from unsuplmk.datasets.listing import Listing
    from unsuplmk.datasets.mafl import Mafl
    from unsuplmk.datasets.mnist import Mnist
    from unsuplmk.datasets.mtfl import Mtfl
    from unsuplmk.datasets.prepared import Prepared
    from unsuplmk.datasets.puppets import Puppets
    from unsuplmk.datasets.smallnorb import Smallnorb
    from unsuplmk.datasets.svhn import Svhn
    from unsuplmk.datasets.taichi import Taichi
    from unsuplmk.datasets.voxceleb import Voxceleb
    from unsuplmk.datasets.w300 import W300

    return {
        "aflw": Aflw,
        "bbc": Bbc,
        "celeba": Celeba,
        "cub": Cub,
        "coco": Coco,
        "deeplabcut": Deeplabcut,
        "files": Files,
        "human36m": Human36m,
        "lightningpose": Lightningpose,
        "listing": Listing,
        "mafl": Mafl,
        "mnist": Mnist,
        "mtfl": Mtfl,
        "prepared": Prepared,
        "puppets": Puppets,
        "smallnorb": Smallnorb,
        "svhn": Svhn,
        "taichi": Taichi,
        "voxceleb": Voxceleb,
        "w300": W300,
    }


@hookimpl
def register_crops() -> Mapping[str, type]:
    """The built-in crops."""
    from unsuplmk.crops.boxes import Boxes
    from unsuplmk.crops.detector import Detector
    from unsuplmk.crops.masks import Masks
    from unsuplmk.crops.motion import Motion
    from unsuplmk.crops.whole import Whole

    return {"whole": Whole, "boxes": Boxes, "masks": Masks, "motion": Motion, "detector": Detector}


@hookimpl
def register_stages() -> Mapping[str, type]:
    """The built-in stages."""
    from unsuplmk.stages.health import Health
    from unsuplmk.stages.preview import Preview

    return {"preview": Preview, "health": Health}


@hookimpl
def register_metrics() -> Mapping[str, type]:
    """The built-in metrics."""
    from unsuplmk.metrics.ced import Ced
    from unsuplmk.metrics.error import Error
    from unsuplmk.metrics.pck import Pck

    return {"error": Error, "pck": Pck, "ced": Ced}


@hookimpl
def register_qualities() -> Mapping[str, type]:
    """The built-in qualities."""
    from unsuplmk.qualities.mae import Mae
    from unsuplmk.qualities.psnr import Psnr
    from unsuplmk.qualities.ssim import Ssim

    return {"psnr": Psnr, "ssim": Ssim, "mae": Mae}


@hookimpl
def register_trackers() -> Mapping[str, type]:
    """The built-in trackers."""
    from unsuplmk.trackers.gaps import Gaps
    from unsuplmk.trackers.kalman import Kalman
    from unsuplmk.trackers.median import Median
    from unsuplmk.trackers.oneeuro import Oneeuro
    from unsuplmk.trackers.swaps import Swaps

    return {"oneeuro": Oneeuro, "median": Median, "gaps": Gaps, "kalman": Kalman, "swaps": Swaps}


@hookimpl
def register_formats() -> Mapping[str, type]:
    """The built-in formats."""
    from unsuplmk.formats.coco import Coco
    from unsuplmk.formats.deeplabcut import Deeplabcut
    from unsuplmk.formats.labelstudio import Labelstudio
    from unsuplmk.formats.lightningpose import Lightningpose
    from unsuplmk.formats.listing import Listing
    from unsuplmk.formats.npz import Npz

    return {
        "coco": Coco,
        "deeplabcut": Deeplabcut,
        "labelstudio": Labelstudio,
        "lightningpose": Lightningpose,
        "listing": Listing,
        "npz": Npz,
    }
