"""The export of the recipe: as code, JSON and a link."""

from urllib.parse import quote

import streamlit as st

from core.augment import export
from core.augment.recipe import Recipe


def show(steps: Recipe) -> None:
    """Draw the recipe as code, JSON and link."""
    box = st.expander("Export: code and link", icon=":material/ios_share:", on_change="rerun", key="augment-export")
    if not box.open:
        return
    with box:
        generator, layers, text, link = st.tabs(["ImageDataGenerator", "Keras layers", "JSON", "Link"])
        generator.code(export.image_data_generator(steps), language="python")
        layers.code(export.keras_layers(steps), language="python")
        text.code(export.as_json(steps), language="json")
        with link:
            address = (st.context.url or "").split("?")[0]
            query = "&".join(f"{name}={quote(value)}" for name, value in st.query_params.to_dict().items())
            st.code(f"{address}?{query}", language=None, wrap_lines=True)
