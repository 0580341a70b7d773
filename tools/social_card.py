"""Dibuja, con el logotipo y el título, la tarjeta que enseñan las redes al compartir una página.

python tools/social_card.py
"""

import shutil

from playwright.sync_api import sync_playwright

from addresses import ROOT, config

TARGET = ROOT / "book" / "_static" / "tarjeta.png"
SIZE = {"width": 1200, "height": 630}
PAGE = """<body style="border-bottom: 24px solid #0b6aa8; box-sizing: border-box; display: flex; flex-direction: column;
  font-family: 'DejaVu Sans', sans-serif; gap: 36px; height: 100vh; justify-content: center; margin: 0;
  padding: 0 90px">
<div style="width: 560px">{logo}</div>
<div style="color: #1b2733; font-size: 80px; font-weight: 700; line-height: 1.1">{title}</div>
<div style="color: #42505e; font-size: 36px">Un curso ejecutable y verificado, en español</div>
</body>"""


def draw() -> bytes:
    """La tarjeta, en PNG."""
    logo = (ROOT / "book" / "_static" / "logo.svg").read_text("utf8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        page.set_content(PAGE.format(logo=logo, title=config()["title"]))
        image = page.screenshot()
        browser.close()
    return image


if __name__ == "__main__":
    TARGET.write_bytes(draw())
