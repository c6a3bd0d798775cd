"""The parts of the exact code that are the same for every recipe, and not the engine's own functions."""

HEAD = '''\
"""Augmentation with exactly the pixels of Fitting Room: for the same photo, seed and view they are equal byte for byte.

{recipe}
Needs NumPy and OpenCV. Written for NumPy {numpy} and OpenCV {opencv}: other versions may round differently.

    python {file_name} shirt.jpg --views 3   writes shirt-000.png, shirt-001.png and shirt-002.png
    augment(photos, keys, seed, view)        for training: view 0 is what the first epoch sees, view 1 the second

As a program it decodes with OpenCV. That gives the product's pixels for sRGB photos with a side below 4 × SIZE; larger
JPEGs differ by a few levels, because the product decodes them at a reduced size.
"""

'''

DRAWN = '''def drawn(seed, view, key, transform, probability, count):
    """The transform's random numbers (1, count) for this view of the photo; None if this view does without it."""
    u = uniforms(seed, view, key, transform, 1 + count)
    return u[:, 1:] if u[0, 0] < probability else None'''

PICKED = '''def picked(seed, view, key, names, count):
    """The names of the steps that this view of the photo gets."""
    return [name for name, wins in zip(names, chosen(seed, view, key, names, count)[0], strict=True) if wins]'''

WARPED = '''def warped(photo, matrix, border, grey):
    """The photo after one warp; `matrix` (3, 3) leads from output to input pixels."""
    height, width = photo.shape[:2]
    if np.array_equal(matrix, np.eye(3)):
        return photo
    photo = cv2.cvtColor(photo, cv2.COLOR_RGB2RGBA)  # OpenCV warps four channels faster than three
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    options = {"flags": flags, "borderMode": border, "borderValue": (grey,) * 4}
    if np.array_equal(matrix[2], (0, 0, 1)):
        photo = cv2.warpAffine(photo, matrix[:2], (width, height), **options)
    else:
        photo = cv2.warpPerspective(photo, matrix, (width, height), **options)
    return cv2.cvtColor(photo, cv2.COLOR_RGBA2RGB)'''

MIXED = '''def mixed(first, second):
    """One colour matrix (3, 4) for two, so that nothing is rounded between them."""
    both = second[:, :3] @ first
    both[:, 3] += second[:, 3]
    return both


def recoloured(photo, matrix):
    changes = (np.abs(matrix - np.eye(3, 4)) > 1e-9).any()
    return cv2.transform(photo, matrix) if changes else photo'''

TAIL = '''def augment(photos, keys, seed=SEED, view=0):
    """The photos as training sees them in this view: uint8 (photos, height, width, 3), RGB.

    `photos` has the same shape, `keys` are their `photo_key`s. The same seed and view give the same pixels.
    """
    changed = np.empty_like(photos)
    for i, key in enumerate(np.broadcast_to(np.asarray(keys, np.uint64), len(photos))):
        changed[i] = augment_photo(photos[i], key, seed, view)
    return changed


def photo_key(data):
    """The number that stands for a photo in the draws, from the bytes of its file."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=16).digest()[:8], "big")


def main():
    parser = argparse.ArgumentParser(description="Write augmented copies of photos as PNG.")
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--views", type=int, default=1, help="copies of each photo")
    parser.add_argument("--size", type=int, default=SIZE, help="side of the square copies, in pixels")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the copies")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for path in arguments.photos:
        data = path.read_bytes()
        photo = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data else None
        if photo is None:
            sys.exit(f"{path} must be a photo that OpenCV can read, such as JPEG or PNG.")
        photo = resize(photo, arguments.size)
        for view in range(arguments.views):
            copy = augment_photo(photo, photo_key(data), arguments.seed, view)
            file = arguments.out / f"{path.stem}-{view:03d}.png"
            file.write_bytes(cv2.imencode(".png", cv2.cvtColor(copy, cv2.COLOR_RGB2BGR))[1].tobytes())
            print(file)


if __name__ == "__main__":
    main()'''
