"""Studies: which runs they queue, and what a grid or an ablation refuses."""

import time

import pytest

from core.augment import recipe
from core.augment.presets import PRESETS
from core.datasets import adding
from core.datasets.folders import SPLITS
from core.errors import SettingsError
from core.runs import estimate, groups, studies
from core.runs.config import LONGEST_NAME, config
from core.runs.folder import look_all
from core.runs.settings import SETTINGS
from core.runs.stages import Stage

BASE = config(dataset="clothing", image_size=150, learning_rate=0.001, dropout=0.2, epochs=10)
STEPS = (
    recipe.step("border", fill_mode="reflect"),
    recipe.step("shear"),
    recipe.step("zoom"),
    recipe.step("horizontal_flip"),
)


@pytest.mark.parametrize("key", studies.STUDIES)
def test_the_runs_of_a_study_differ_only_in_its_settings(key: str) -> None:
    study = studies.STUDIES[key]
    runs = studies.configs(study, BASE)
    assert len({run.model_dump_json(exclude={"name"}) for run in runs}) == len(study.variants) >= 3
    changed = {name for variant in study.variants for name in variant.changes}
    for run, variant in zip(runs, study.variants, strict=True):
        assert run.name == variant.label
        assert run.model_dump(exclude={*changed, "name", "study"}) == BASE.model_dump(
            exclude={*changed, "name", "study"}
        )


def test_the_dropout_study_is_the_course_s() -> None:
    runs = studies.configs(studies.DROPOUT, BASE)
    assert [run.dropout for run in runs] == [0.0, 0.2, 0.5, 0.8]
    assert {run.dense_layers for run in runs} == {(100,)}


def test_all_runs_of_a_study_are_queued_with_its_name_and_the_course_s_figures(tiny_dataset) -> None:
    adding.add_folder("tiny", tiny_dataset)
    studies.put(studies.LEARNING_RATES, config(dataset="tiny", backbone="small_cnn", image_size=32))
    runs = list(reversed(look_all()))
    assert len({run.config.study for run in runs}) == 1
    assert [run.config.learning_rate for run in runs] == [0.0001, 0.001, 0.01, 0.1]
    assert [studies.course_accuracy(run.config) for run in runs] == [0.789, 0.830, 0.821, 0.789]


def test_a_run_is_recognised_by_its_settings_under_any_name() -> None:
    settings = {run.name: run for run in studies.configs(studies.AUGMENTATION, BASE, "augmentation-20250101-000000")}
    assert list(settings) == [
        "no augmentation", "Machine Learning Zoomcamp augmentation", "light augmentation", "strong augmentation",
    ]  # fmt: skip
    run = settings["Machine Learning Zoomcamp augmentation"]
    assert [studies.course_accuracy(other) for other in settings.values() if other is not run] == [None] * 3
    for name in (run.name, "the course's augmentation", ""):  # the second is its old name
        assert studies.course_accuracy(run.model_copy(update={"name": name})) == 0.853
    assert studies.course_accuracy(run.model_copy(update={"study": None})) is None


def test_the_same_study_queued_twice_at_once_is_two(tiny_dataset) -> None:
    adding.add_folder("tiny", tiny_dataset)
    base = config(dataset="tiny", backbone="small_cnn", image_size=32)
    for _ in range(2):
        studies.put(studies.DROPOUT, base)
    groups = [run.config.study for run in look_all()]
    assert sorted(groups.count(group) for group in set(groups)) == [4, 4]


def test_an_invalid_variant_queues_nothing(tiny_dataset) -> None:
    adding.add_folder("tiny", tiny_dataset)
    with pytest.raises(SettingsError, match="dropout"):
        studies.put(studies.grid("dropout = 0.2, 1.5"), config(dataset="tiny"))
    assert look_all() == []


def test_with_and_without_differ_only_in_the_recipe() -> None:
    base = BASE.model_copy(update={"recipe": STEPS})
    study = studies.find("with-and-without", base)
    without, with_it = studies.configs(study, base)
    assert (without.recipe, with_it.recipe) == ((), STEPS)
    assert without.model_dump(exclude={"recipe", "name"}) == with_it.model_dump(exclude={"recipe", "name"})
    assert study.name == "With and without shear, zoom, horizontal flip"


@pytest.mark.parametrize("steps", [(), STEPS[:1], (recipe.step("shear", 0.0),)])
def test_with_and_without_needs_a_recipe_that_changes_photos(steps: tuple[recipe.Step, ...]) -> None:
    with pytest.raises(SettingsError, match="needs a recipe that changes photos"):
        studies.with_and_without(BASE.model_copy(update={"recipe": steps}))


def test_the_study_with_and_without_has_a_name_and_a_question(tiny_dataset) -> None:
    adding.add_folder("tiny", tiny_dataset)
    base = config(dataset="tiny", backbone="small_cnn", image_size=32, recipe=recipe.to_json(STEPS))
    studies.put(studies.with_and_without(base), base)
    (group,) = groups.of(look_all())
    assert (group.name, group.title) == (
        "With and without shear, zoom, horizontal flip",
        "With and without augmentation",
    )
    assert group.question.startswith("Does the recipe help?")
    many = [recipe.step(step.transform.key) for preset in PRESETS if preset.key == "strong" for step in preset.recipe]
    long = studies.with_and_without(base.model_copy(update={"recipe": tuple(many)}))
    assert long.name == ""  # the title is enough


def test_an_ablation_takes_each_transform_alone_and_leaves_each_out() -> None:
    base = BASE.model_copy(update={"recipe": STEPS})
    runs = {
        run.name: [step.transform.key for step in run.recipe] for run in studies.configs(studies.ablation(base), base)
    }
    assert runs == {
        "no augmentation": ["border"],
        "only shear": ["shear", "border"],
        "only zoom": ["zoom", "border"],
        "only horizontal flip": ["horizontal_flip", "border"],
        "without shear": ["zoom", "horizontal_flip", "border"],
        "without zoom": ["shear", "horizontal_flip", "border"],
        "without horizontal flip": ["shear", "zoom", "border"],
        "the whole recipe": ["shear", "zoom", "horizontal_flip", "border"],
    }


def test_an_ablation_of_one_transform_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least two transforms, got 1"):
        studies.ablation(BASE.model_copy(update={"recipe": STEPS[:2]}))


def test_a_grid_makes_every_combination() -> None:
    text = "dropout = 0, 0.5; learning_rate=0.01,0.001\nbackbone = mobilenet_v2\ndense_layers = [], [100, 50]"
    runs = studies.configs(studies.grid(text), BASE)
    assert len(runs) == 8
    assert {(run.dropout, run.learning_rate, run.dense_layers) for run in runs} == {
        (d, r, layers) for d in (0.0, 0.5) for r in (0.01, 0.001) for layers in ((), (100, 50))
    }


@pytest.mark.parametrize(("text", "words"), [
    ("", "empty"), ("dropout", "must look like"), ("dropout =", "must look like"), ("colour = 1, 2", "'colour'"),
    ("name = a, b", "'name'"), (f"seed = {', '.join(map(str, range(65)))}", "got 65"),
])  # fmt: skip
def test_a_grid_that_makes_no_sense_is_refused(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        studies.grid(text)


def test_an_estimate_counts_shared_work_once_and_learns_from_this_machine(tiny_dataset) -> None:
    dataset = adding.add_folder("tiny", tiny_dataset)
    run = config(dataset="tiny", epochs=10)
    alone = estimate.seconds([run], dataset)
    four = estimate.seconds(studies.configs(studies.DROPOUT, run), dataset)
    assert alone < four < 2 * alone
    larger = estimate.seconds([run.model_copy(update={"image_size": 448})], dataset)
    assert larger > alone
    estimate.remember_speed("mobilenet_v2", announced=10, took=30)
    assert estimate.speed("mobilenet_v2") == 3
    estimate.remember_speed("mobilenet_v2", announced=10, took=10)
    assert estimate.speed("mobilenet_v2") == 2
    assert estimate.speed("xception") == 1
    assert estimate.seconds([run], dataset) > 1.5 * alone - estimate.SECONDS_TO_IMPORT


@pytest.mark.parametrize("settings", [{"fine_tune": {"epochs": 2}}, {"backbone": "small_cnn"}])
def test_each_run_whose_backbone_learns_converts_its_own(settings) -> None:
    """Runs share only what is in the cache: the photos, the frozen backbone and its features."""
    photos = {"train": 1000, "validation": 100, "test": 100}
    first = config(dataset="tiny", image_size=100, epochs=10, **settings)
    second = first.model_copy(update={"learning_rate": 0.01})
    later = estimate.seconds([first, second], photos) - estimate.seconds([first], photos)
    stages = estimate.costs(second, photos)
    assert stages[Stage.CONVERTING_OWN] == 4
    own = [stage for stage in stages if not stage.is_shared]
    assert {Stage.EPOCHS, Stage.CONVERTING_OWN, Stage.OWN_FEATURES, Stage.SAVING} <= set(own)
    assert Stage.CONVERTING not in own
    if first.fine_tune:
        stages[Stage.EPOCHS] = 10 * estimate.head_epoch_seconds(second, 1000)  # on the first run's features
    assert later == pytest.approx(sum(stages[stage] for stage in own))


def test_the_stages_of_a_run_are_in_order_and_have_words() -> None:
    tuned = estimate.costs(config(dataset="tiny", fine_tune={}), dict.fromkeys(SPLITS, 10))
    scratch = estimate.costs(config(dataset="tiny", backbone="small_cnn"), dict.fromkeys(SPLITS, 10))
    assert list(tuned) == list(Stage)
    assert list(scratch) == [
        stage for stage in Stage if stage not in (Stage.WEIGHTS, Stage.CONVERTING, Stage.FEATURES, Stage.FINE_TUNING)
    ]
    assert [Stage.reading(split) for split in SPLITS] == list(Stage)[:3]
    assert len({stage.words for stage in Stage}) == len(Stage)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("dropout=" + ",".join("0" * 160) + ";seed=" + ",".join("0" * 160), "at most 64 runs, got 25600"),
        (";".join(f"{name}=0,1" for name in sorted(SETTINGS)), "at most 64 runs, got"),
        (";".join(f"{name}=" + ",".join("0" * 99) for name in sorted(SETTINGS)), "got more than a billion"),
        ("dropout=" + "0," * 5000, "at most 8,000 characters, got 10,008"),
        ("dropout=0,1;dropout=2,3", "must name each setting once, got dropout twice"),
        ("dropout" * 1000, "must look like dropout = 0, 0.2, 0.5, got 'dropoutdropout"),
        ("x" * 1000 + "=1", "can't vary 'xxxxxxxxxx"),
    ],
    ids=["pairs", "many settings", "a huge number", "long", "twice", "no values", "long name"],
)
def test_a_grid_is_bounded_before_it_is_made(text: str, sentence: str) -> None:
    started = time.thread_time()
    with pytest.raises(SettingsError) as error:
        studies.grid(text)
    assert sentence in str(error.value)
    assert len(str(error.value)) < 200
    assert time.thread_time() - started < 0.5


@pytest.mark.parametrize("value", ["[" * 3000, '{"a":' * 1000, "9" * 4301, "[" * 900 + "]" * 900])
def test_a_grid_of_brackets_and_digits_is_refused_in_a_sentence(value: str) -> None:
    with pytest.raises(SettingsError) as error:
        studies.configs(studies.grid(f"warmup = {value}"), config(dataset="tiny"))
    assert len(str(error.value)) < 200


def test_the_name_of_a_grid_s_run_fits_into_a_name() -> None:
    text = (
        'recipe=[{"transform":"rotation"},{"transform":"zoom"},{"transform":"shear"},{"transform":"horizontal_flip"}]'
    )
    (variant,) = studies.grid(text).variants
    assert len(variant.label) == LONGEST_NAME
    assert studies.configs(studies.grid(text), config(dataset="tiny"))[0].name == variant.label
