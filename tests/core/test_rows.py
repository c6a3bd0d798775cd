"""The table of a dataset's photos."""

from core.datasets import adding, rows


def test_the_table_has_every_photo_with_its_name_class_and_split(tiny_dataset):
    dataset = adding.add_folder("tiny", tiny_dataset)
    table = rows.of(dataset)
    assert len(table) == 36
    assert table.split_names == ("train", "validation", "test")
    for place, (name, path) in enumerate(zip(table.names, table.paths, strict=True)):
        split, label, file = name.split("/")
        assert path == tiny_dataset / split / label / file
        assert table.classes[table.labels[place]] == label
        assert table.split_names[table.splits[place]] == split
    assert table.counts().tolist() == [[6, 3, 3]] * 3


def test_rows_are_found_by_name(tiny_dataset):
    table = rows.of(adding.add_folder("tiny", tiny_dataset))
    names = [table.names[30], "gone/away.png", table.names[2]]
    assert table.of_names(names).tolist() == [30, -1, 2]


def test_a_split_without_photos_counts_none(tiny_dataset, tmp_path):
    folder = tmp_path / "copy"
    for split in ("train", "validation"):
        (folder / split).parent.mkdir(exist_ok=True)
        (folder / split).symlink_to(tiny_dataset / split)
    table = rows.of(adding.add_folder("no test", folder))
    assert table.counts().tolist() == [[6, 3, 0]] * 3
