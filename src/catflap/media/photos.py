"""Making a photo: upright, clean, three sizes, a placeholder. Runs in the workshop's child.

Only the decoder that the content was judged to need is asked, and the declared size is checked
before a pixel is decoded, so that a decompression bomb costs a header. What is written is encoded
anew from pixels, without the original's metadata.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image, ImageCms, ImageFile, ImageOps

from catflap.media import blurhash
from catflap.media.errors import MediaUnreadable, TooManyPixels
from catflap.media.judging import PHOTO_DECODERS
from catflap.media.limits import BLUR_EDGE_PX, PHOTO_MAX_PIXELS, SIZES
from catflap.media.model import PhotoMade, SizeMade

WEBP_QUALITY = 80
AVIF_QUALITY = 60
AVIF_SPEED = 9

# Our own limit, checked on the header below, says how many pixels there were; Pillow's does not.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False


def made(source: Path, out: Path, *, kind: str) -> PhotoMade:
    """Make the photo at ``source`` into files in ``out``.

    Raises:
        TooManyPixels: the header declares more than the limit.
        MediaUnreadable: it cannot be decoded whole.
    """
    if kind == "heic":
        import pi_heif  # only HEIC needs it, and it costs 30 ms to load

        pi_heif.register_heif_opener(thumbnails=False)
    try:
        with Image.open(source, formats=[PHOTO_DECODERS[kind]]) as image:
            pixels = image.width * image.height
            if pixels > PHOTO_MAX_PIXELS:
                raise TooManyPixels(pixels=pixels, limit_pixels=PHOTO_MAX_PIXELS)
            animated = bool(getattr(image, "is_animated", False))
            if kind == "jpeg":
                # DCT scaling: a 50-megapixel JPEG never needs all of its pixels in memory.
                image.draft("RGB", (2 * SIZES[-1][1], 2 * SIZES[-1][1]))
            image.load()
            upright = _opaque(_in_srgb(ImageOps.exif_transpose(image)))
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError) as error:
        raise MediaUnreadable(f"{type(error).__name__}: {error}") from error
    return sized(upright, out, animated=animated)


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        found = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a broken profile is no reason to refuse the picture
    return found or image


def _opaque(image: Image.Image) -> Image.Image:
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(paper, rgba).convert("RGB")
    return image.convert("RGB")


def sized(image: Image.Image, out: Path, *, animated: bool = False) -> PhotoMade:
    """Write an upright RGB image into ``out`` in its sizes."""
    image.info.clear()
    sizes: list[SizeMade] = []
    current = image
    for name, edge_px in reversed(SIZES):
        if max(current.size) > edge_px:
            current = current.copy()
            current.thumbnail((edge_px, edge_px), Image.Resampling.LANCZOS)
        if sizes and sizes[-1].width == current.width:
            # An original smaller than this size stands for it already.
            sizes.pop()
        sizes.append(_written(current, out, name))
    tiny = current.copy()
    tiny.thumbnail((BLUR_EDGE_PX, BLUR_EDGE_PX))
    return PhotoMade(
        width=sizes[0].width, height=sizes[0].height, sizes=tuple(reversed(sizes)),
        blur=_data_uri(tiny), blurhash=blurhash.encoded(tiny), animated=animated,
    )


def _written(image: Image.Image, out: Path, name: str) -> SizeMade:
    webp, avif = f"{name}.webp", f"{name}.avif"
    image.save(out / webp, "WEBP", quality=WEBP_QUALITY, method=2)
    image.save(out / avif, "AVIF", quality=AVIF_QUALITY, speed=AVIF_SPEED)
    return SizeMade(name=name, width=image.width, height=image.height, webp=webp, avif=avif)


def _data_uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=30, method=6)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
