"""Pictures of the product: a browser plays the animation that is made of them, and the scenes find their pages."""

import base64

from speechstudio.demo.pictures import scenes
from speechstudio.demo.pictures.film import still
from speechstudio.demo.pictures.webp import animation

DECODED = """async (data) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const decoder = new ImageDecoder({ data: bytes, type: "image/webp" });
    await decoder.tracks.ready;
    await decoder.completed;
    const { frameCount, animated } = decoder.tracks.selectedTrack;
    const frames = [];
    for (let frameIndex = 0; frameIndex < frameCount; frameIndex++) {
        const { image } = await decoder.decode({ frameIndex });
        frames.push([image.displayWidth, image.displayHeight, image.duration]);
    }
    return [animated, frames];
}"""


def test_a_browser_plays_the_animation_made_of_its_own_pictures(open_page):
    page = open_page("viewer", "/shortcuts/", viewport={"width": 321, "height": 201})
    stills = []
    for address in ("/shortcuts/", "/settings/"):
        page.goto(address)
        stills.append(still(page))
    made = animation([(stills[0], 500), (stills[1], 1500)], (321, 201))
    animated, frames = page.evaluate(DECODED, base64.b64encode(made).decode())
    assert animated
    assert frames == [[321, 201, 500_000], [321, 201, 1_500_000]]


def test_each_scene_has_a_name_and_a_page_of_its_own():
    there = {name: f"/{name}/" for name in ("endpoint", "deploying", "failed", "scheduled", "compared", "address")}
    there |= {f"new-{step}": f"/new/{step}" for step in ("project", "model", "details", "review")}
    every = [*scenes.without_data(), *scenes.scenes(there)]
    names = [scene.name for scene in every]
    assert len(set(names)) == len(names)
    assert all(scene.address.startswith("/") for scene in every)
