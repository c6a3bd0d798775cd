"""What the product knows and does, with no Streamlit and no Keras in it."""
