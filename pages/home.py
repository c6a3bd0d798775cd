"""Home: three doors, each with a live picture, and a line that says what this machine has."""

import numpy as np
import streamlit as st

from core import words
from core.answering import classifier, shelf
from core.augment import engine, recipe
from core.datasets import catalogue, drawn
from core.drawing import figures
from core.runs.folder import look_all, read_curves
from pages.frame import access, better, markdown, navigation, page
from pages.photos import dataset_picker, pictures

RECIPE = recipe.from_json(
    [
        {"transform": "rotation", "rotation_range": 25},
        {"transform": "zoom", "zoom_range": 0.2},
        {"transform": "horizontal_flip"},
        {"transform": "brightness", "brightness_range": [0.6, 1.3]},
        {"transform": "black_patch", "probability": 0.5},
    ]
)

page.header(
    "Fitting Room",
    "See what augmentation does to a photo, train a clothing classifier, and ask it what you are wearing.",
)

augment_door, train_door, predict_door = (column.container(border=True, height="stretch") for column in st.columns(3))

with augment_door:
    st.subheader("See what augmentation does", anchor=False)
    shirt = pictures.example("shirt", 4)
    views = engine.augment(
        np.repeat(pictures.square(shirt.data, 224)[None], 6, axis=0), shirt.number, np.arange(6), RECIPE, seed=0
    )
    grid = np.concatenate([np.concatenate(views[row : row + 3], axis=1) for row in (0, 3)])
    pictures.picture(grid, "Six random augmentations of a drawn shirt")
    st.markdown("One photo becomes many. Move a slider, and the picture follows at once.")
    st.space("stretch")
    navigation.link("augment", "Open Augment", ":material/transform:")

with train_door:
    st.subheader("Train a model", anchor=False)
    curves = next(((run.name, history) for run in look_all() if len(history := read_curves(run.folder)) > 1), None)
    if curves:
        figure = figures.curves([curves], "accuracy", theme=page.theme())
        figure.update_layout(height=240, title=None, margin_t=8, showlegend=False)
        st.plotly_chart(figure, key="home-curves", config={"displayModeBar": False}, alt="Accuracy of the latest run")
        st.markdown(f"The latest run: {markdown.plain(curves[0])}. The solid line is the validation accuracy.")
    else:
        garments = [np.asarray(pictures.square(pictures.example(label, 8).data, 112)) for label in drawn.CLASSES[:9]]
        tiles = np.concatenate([np.concatenate(garments[row : row + 3], axis=1) for row in (0, 3, 6)])
        pictures.picture(tiles, "Nine drawn garments of different classes")
        own = [dataset_picker.label(name) for name in catalogue.names() if name != catalogue.DRAWN]
        st.markdown(
            f"Ready to train on: {markdown.plain(', '.join(own))}, and ten classes of drawn garments."
            if own
            else "Ten classes of drawn garments are ready to train on. It takes a minute or two, without a download."
        )
    st.space("stretch")
    navigation.link("train", "Open Train", ":material/show_chart:")

with predict_door:
    st.subheader("Ask about a photo", anchor=False)
    garment = pictures.example("skirt", 5)
    st.image(garment.data, width="stretch" if shelf.active() is None else 160, alt="A drawn skirt")
    with page.errors():
        model = shelf.active()
        if model is None:
            st.markdown("No saved model yet. Train one first; then it answers here.")
        else:
            answer = classifier.load(model).answer(garment.data)
            st.plotly_chart(
                figures.probabilities(answer.probabilities[:3], page.theme()),
                key="home-answer",
                config={"displayModeBar": False},
                alt="Bars of the three most probable answers",
            )
            name = (
                "the model that comes with the project" if model.name == shelf.STARTER else markdown.plain(model.title)
            )
            st.markdown(f"What **{name}** thinks this drawing shows. Ask it about your photos: no training needed.")
    st.space("stretch")
    navigation.link("predict", "Open Predict", ":material/photo_camera:")

with st.container(border=True, horizontal=True, vertical_alignment="center"):
    st.markdown("**Your own kinds of things?** Show it a few photos of each, and it tells them apart seconds later.")
    navigation.link("teach", "Open Teach", ":material/school:", stretch=False)

with page.errors():
    if model := shelf.active():
        better.show_offer(model)

runs, models = look_all(), shelf.models()
names = catalogue.names()
listed = markdown.plain(", ".join(map(dataset_picker.label, names)))
st.caption(
    f"On this machine: {words.count(len(names), 'dataset')} ({listed}), "
    f"{words.count(len(runs), 'run')}, {words.count(len(models), 'saved model')}."
    f"{'' if access.is_read_only() else ' You can add your own photos on the Data page.'}"
)
