"""Tests of reading and writing images and videos."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from tests.odd import as_nobody, changing
from unsuplmk.errors import UserError
from unsuplmk.frames.media import Video, image_size, read_image, require_av, write_image, write_video

RAMP = np.arange(48 * 64 * 3, dtype=np.uint32).reshape(48, 64, 3).astype(np.uint8)


def encode(path: Path, codec: str, frames: int = 60, **options: str) -> Path:
    """A video whose frame i has the grey value 4 i."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.bit_rate = 4_000_000
        for i in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 4 * i, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def number(frame: np.ndarray) -> int:
    return round(float(frame.mean()) / 4)


def test_an_image_comes_back_as_written(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", RAMP)
    assert np.array_equal(read_image(tmp_path / "a.png"), RAMP)


def test_exif_rotation_is_honoured(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter, clockwise
    wide = np.zeros((16, 48, 3), np.uint8)
    wide[:, :24] = 255
    Image.fromarray(wide).save(tmp_path / "a.jpg", exif=exif, quality=95)
    shown = read_image(tmp_path / "a.jpg")
    assert shown.shape == (48, 16, 3)
    assert shown[:20].min() > 240
    assert shown[28:].max() < 15


@pytest.mark.parametrize("orientation", list(range(1, 9)))
def test_the_size_is_that_of_the_image_as_it_is_read(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.zeros((16, 48, 3), np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    assert image_size(tmp_path / "a.jpg") == read_image(tmp_path / "a.jpg").shape[1::-1]


def test_the_size_of_what_is_no_image_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"words")
    with pytest.raises(UserError, match=r"cannot read image .*a\.jpg"):
        image_size(tmp_path / "a.jpg")
    with pytest.raises(UserError, match=r"no image .*gone\.jpg"):
        image_size(tmp_path / "gone.jpg")


def test_grey_is_repeated_over_the_channels(tmp_path: Path) -> None:
    Image.fromarray(RAMP[..., 0]).save(tmp_path / "a.png")
    assert np.array_equal(read_image(tmp_path / "a.png"), np.repeat(RAMP[..., :1], 3, -1))


def test_sixteen_bit_grey_is_scaled_by_the_range_of_the_type(tmp_path: Path) -> None:
    deep = np.array([[0, 257, 128 * 257, 65535]], np.uint16)
    for suffix in ("png", "tif"):
        Image.fromarray(deep).save(tmp_path / f"a.{suffix}")
        assert read_image(tmp_path / f"a.{suffix}")[0, :, 1].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize("file", ["rgb.png", "rgb.tif", "rgba.png", "rgba.tif", "rgb.ppm"])
def test_sixteen_bit_colour_is_scaled_to_eight(tmp_path: Path, file: str) -> None:
    deep = np.array([[(0, 257, 128 * 257), (65535, 40000, 3)]], np.uint16)
    alpha = np.full((1, 2, 1), 65535, np.uint16)
    written = np.concatenate([deep[..., ::-1], alpha], -1) if "rgba" in file else deep[..., ::-1]
    assert cv2.imwrite(str(tmp_path / file), written)  # which takes blue first
    shown = read_image(tmp_path / file).astype(int)
    assert np.abs(shown - deep / 257).max() <= 1
    assert shown[0, 0].tolist() == [0, 1, 128]


def test_sixteen_bit_grey_of_the_other_byte_order_and_of_pgm_is_the_same(tmp_path: Path) -> None:
    deep = np.array([[0, 257, 128 * 257, 65535]], np.uint16)
    Image.fromarray(deep.astype(">u2")).save(tmp_path / "a.tif")
    assert cv2.imwrite(str(tmp_path / "a.pgm"), deep)
    for file in ("a.tif", "a.pgm"):
        assert read_image(tmp_path / file)[0, :, 1].tolist() == [0, 1, 128, 255]


def test_one_bit_becomes_black_and_white(tmp_path: Path) -> None:
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize("suffix", ["tif", "webp"])
def test_of_several_pictures_in_a_file_the_first_is_read(tmp_path: Path, suffix: str) -> None:
    pages = [Image.fromarray(np.full((8, 9, 3), value, np.uint8)) for value in (10, 90)]
    pages[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=pages[1:], lossless=True)
    assert (read_image(tmp_path / f"a.{suffix}") == 10).all()


def test_names_that_are_not_ascii_are_read_and_written(tmp_path: Path) -> None:
    write_image(tmp_path / "mus_får_æøå_鼠.png", RAMP)
    assert np.array_equal(read_image(tmp_path / "mus_får_æøå_鼠.png"), RAMP)
    write_video(tmp_path / "видео 鼠.mp4", [RAMP] * 2, 10.0)
    assert len(Video(tmp_path / "видео 鼠.mp4")) == 2


def test_a_file_without_permission_is_named_with_the_reason(unprivileged: Path) -> None:
    write_image(unprivileged / "a.png", RAMP)
    write_video(unprivileged / "a.mp4", [RAMP] * 2, 10.0)
    with as_nobody(unprivileged / "a.png", unprivileged / "a.mp4"):
        with pytest.raises(UserError, match=r"cannot read image .*a\.png: Permission denied"):
            read_image(unprivileged / "a.png")
        with pytest.raises(UserError, match=r"cannot read video .*a\.mp4: Permission denied"):
            Video(unprivileged / "a.mp4")


def test_a_link_to_itself_is_no_image_and_no_video(tmp_path: Path) -> None:
    for name in ("a.png", "a.mp4"):
        (tmp_path / name).symlink_to(tmp_path / name)
    with pytest.raises(UserError, match=r"cannot read image .*a\.png: Too many levels of symbolic links"):
        read_image(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"no video .*a\.mp4"):
        Video(tmp_path / "a.mp4")


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.ones((4, 4), np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(UserError, match=r"a\.tif.*8 or 16 bits"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
def test_transparency_is_shown_over_white(tmp_path: Path, mode: str) -> None:
    red = Image.new("RGBA", (4, 4), (90, 90, 90, 255))
    red.paste((90, 90, 90, 0), (0, 0, 2, 4))
    if mode == "P":
        palette = Image.fromarray(np.tile(np.array([1, 1, 0, 0], np.uint8), (4, 1))).convert("P")
        palette.putpalette([90, 90, 90, 90, 90, 90])
        palette.save(tmp_path / "a.png", transparency=1)
    else:
        red.convert("LA" if mode == "PA" else mode).save(tmp_path / "a.png")
    shown = read_image(tmp_path / "a.png")
    assert (shown[:, :2] == 255).all()
    assert (shown[:, 2:] == 90).all()


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg")
    red, green, blue = read_image(tmp_path / "a.jpg").reshape(-1, 3).mean(0)
    assert red > 230
    assert max(green, blue) < 30


def test_a_one_pixel_image_is_an_image(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", RAMP[:1, :1])
    assert read_image(tmp_path / "a.png").shape == (1, 1, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
def test_a_truncated_image_is_refused_by_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"half.{suffix}"
    noisy = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    write_image(path, noisy)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match=f"cannot read image .*half.{suffix}"):
        read_image(path)


@pytest.mark.parametrize("content", [b"", b"these are words", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "words.jpg").write_bytes(content)
    with pytest.raises(UserError, match=r"cannot read image .*words\.jpg"):
        read_image(tmp_path / "words.jpg")


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no image .*gone\.png"):
        read_image(tmp_path / "gone.png")


def test_writing_to_a_folder_that_is_not_there_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot write image"):
        write_image(tmp_path / "gone" / "a.png", RAMP)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        ("mp4", "libx264"),
        ("mov", "libx264"),
        ("mkv", "libx264"),
        ("webm", "libvpx-vp9"),
        ("avi", "mpeg4"),
        ("avi", "libx264"),  # AVI has no times for B-frames: what its packets say is wrong
    ],
)
def test_frames_are_exact_in_any_order(tmp_path: Path, suffix: str, codec: str) -> None:
    path = encode(tmp_path / f"a.{suffix}", codec, g="12")
    video = Video(path)
    assert len(video) == 60
    assert video.size == (64, 48)
    assert video.fps == 25
    assert [number(frame) for frame in video] == list(range(60))
    order = list(range(60))
    random.Random(0).shuffle(order)
    assert [number(video.read(i)) for i in order] == order
    assert number(Video(path).read(37)) == 37


def test_frames_know_when_they_are_shown_at_a_rate_that_varies(tmp_path: Path) -> None:
    shown = [0.0, 0.04, 0.2, 0.24, 0.48, 1.0, 1.04, 2.0]
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i, seconds in enumerate(shown):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 4 * i, np.uint8), format="rgb24")
            frame.pts, frame.time_base = round(1000 * seconds) + 300, Fraction(1, 1000)  # the first is not at 0
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    video = Video(tmp_path / "a.mkv")
    assert video.times() == pytest.approx(shown, abs=1e-3)
    assert [video.seconds(i) for i in (0, 4, 7)] == pytest.approx([0.0, 0.48, 2.0], abs=1e-3)
    assert [number(video.read(i)) for i in (5, 2)] == [5, 2]
    with pytest.raises(IndexError):
        video.seconds(8)


@pytest.mark.parametrize(("suffix", "codec"), [("mp4", "libx264"), ("avi", "libx264"), ("avi", "mpeg4")])
def test_at_a_steady_rate_frames_follow_each_other_evenly(tmp_path: Path, suffix: str, codec: str) -> None:
    video = Video(encode(tmp_path / f"a.{suffix}", codec, frames=30))
    assert video.times() == pytest.approx(np.arange(30) / 25, abs=1e-4)


def test_an_animated_gif_is_a_video_with_its_own_times(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((8, 9, 3), value, np.uint8)) for value in (10, 90, 200)]
    pages[0].save(tmp_path / "a.gif", save_all=True, append_images=pages[1:], duration=[100, 300, 200])
    video = Video(tmp_path / "a.gif")
    assert [round(video.read(i).mean()) for i in (0, 2, 1)] == [10, 200, 90]
    assert video.times() == pytest.approx([0, 0.1, 0.4])


def test_a_video_may_change_its_size_on_the_way(tmp_path: Path) -> None:
    video = Video(changing(tmp_path / "a.mpg"))
    shapes = [(48, 64)] * 8 + [(64, 96)] * 8
    assert [frame.shape[:2] for frame in video] == shapes
    assert [video.read(i).shape[:2] for i in (12, 3, 8, 7)] == [shapes[i] for i in (12, 3, 8, 7)]
    assert [round(frame.mean() / 10) for frame in video] == list(range(16))
    assert video.size == (64, 48)


def test_a_video_without_frames_is_named(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    with pytest.raises(UserError, match=r"cannot read video .*a\.mkv: it holds no frames"):
        Video(tmp_path / "a.mkv")


def test_a_frame_beyond_the_end_is_an_index_error(tmp_path: Path) -> None:
    video = Video(encode(tmp_path / "a.mp4", "libx264", frames=5))
    for index in (-1, 5):
        with pytest.raises(IndexError):
            video.read(index)


def test_rotation_of_a_phone_video_is_honoured(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    frame = np.zeros((48, 64, 3), np.uint8)
    frame[:, :32] = 255
    write_video(path, [frame] * 3, 25.0)
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40  # version 0: 40 bytes of fields, then 9 numbers in 16.16 and 2.30
    quarter = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)  # shown turned clockwise
    struct.pack_into(">9i", data, matrix, *quarter)
    path.write_bytes(data)
    video = Video(path)
    assert video.size == (48, 64)
    shown = video.read(1)
    assert shown[:28].min() > 230
    assert shown[36:].max() < 25


def test_a_video_is_written_with_its_rate_and_odd_sides_padded(tmp_path: Path) -> None:
    frames = [np.full((33, 51, 3), 4 * i, np.uint8) for i in range(10)]
    write_video(tmp_path / "a.mp4", iter(frames), 29.97)
    video = Video(tmp_path / "a.mp4")
    assert video.size == (52, 34)
    assert video.fps == pytest.approx(29.97, abs=1e-3)
    assert [number(frame) for frame in video] == list(range(10))
    with av.open(str(tmp_path / "a.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")


def test_a_video_without_frames_or_of_mixed_sizes_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no frames"):
        write_video(tmp_path / "a.mp4", [], 25.0)
    with pytest.raises(UserError, match="64x48 after 64x32"):
        write_video(tmp_path / "a.mp4", [RAMP[:32], RAMP], 25.0)
    with pytest.raises(UserError, match=r"a\.nonsense"):
        write_video(tmp_path / "a.nonsense", [RAMP], 25.0)


@pytest.mark.parametrize("content", [b"", b"these are words" * 100])
def test_an_unreadable_video_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.mp4").write_bytes(content)
    with pytest.raises(UserError, match=r"cannot read video .*broken\.mp4"):
        Video(tmp_path / "broken.mp4")


def test_a_sound_file_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(UserError, match="no video stream"):
        Video(tmp_path / "a.mkv")


def test_a_video_that_was_cut_off_gives_its_frames_up_to_there(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.avi", "mpeg4", g="1")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    video = Video(path)
    assert 5 < len(video) < 60
    assert number(video.read(5)) == 5


def test_a_missing_video_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no video .*gone\.mp4"):
        Video(tmp_path / "gone.mp4")


def test_without_pyav_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)  # what an import sees of a module that is not there
    with pytest.raises(UserError, match="pip install av"):
        require_av()


def test_opening_a_video_does_not_take_the_memory_of_its_file(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.avi"), "w") as container:
        stream = container.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((480, 640, 3), np.uint8), format="rgb24").reformat(format="yuv420p")
        for _ in range(300):
            container.mux(stream.encode(frame))
    assert (tmp_path / "a.avi").stat().st_size > 100 * 2**20
    code = """
import sys
from unsuplmk.frames.media import Video
peak = lambda: next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
Video(sys.argv[1].replace("a.avi", "small.mp4")).read(0)
before = peak()
assert len(Video(sys.argv[1])) == 300
print(peak() - before)
"""
    write_video(tmp_path / "small.mp4", [np.zeros((480, 640, 3), np.uint8)] * 3, 25.0)
    line = [sys.executable, "-c", code, str(tmp_path / "a.avi")]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50 * 2**10  # KiB
