import pytest

# What a page should be and is not is said in full.
pytest.register_assert_rewrite(f"{__name__}.looking", f"{__name__}.person")
