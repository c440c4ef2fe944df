"""Draw puppets that no training has seen: a folder of images, one sub-folder a clip, and a video.

python examples/draw_puppets.py FOLDER VIDEO.mp4
"""

import sys
from pathlib import Path

from unsuplmk import registry
from unsuplmk.frames import media


def main(folder: Path, video: Path) -> None:
    """Write three clips of images, and one longer clip as a video."""
    puppets = registry.build("dataset", "puppets", split="test", clips=3, length=4)
    for number, clip in enumerate(puppets.clips):
        (folder / f"clip{number}").mkdir(parents=True)
        for frame, index in enumerate(clip):
            media.write_image(folder / f"clip{number}" / f"{frame:03}.png", puppets.read(index))
    dancer = registry.build("dataset", "puppets", split="test", clips=1, length=75)
    media.write_video(video, map(dancer.read, dancer.clips[0]), fps=25.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
