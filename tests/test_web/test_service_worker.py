"""The files that the page keeps on a device: those of one build, and what of the build before is still named."""

from playwright.sync_api import Browser

from tests.support.browser import DESKTOP
from tests.support.page_person import open_page, wait_until, without_networks
from tests.support.serving import Server

_READY = "navigator.serviceWorker.controller !== null"
_KEPT = """async () => {
  const kept = {};
  for (const name of await caches.keys()) {
    kept[name] = (await (await caches.open(name)).keys()).map(({url}) => new URL(url).pathname);
  }
  return kept;
}"""
_BUILD_BEFORE = """async (network) => {
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
  const cache = await caches.open("gwansang-1");
  await cache.put("/assets/index-before.js", new Response("// of the build before"));
  await cache.put("/web/models/0123456789abcdef.tflite", new Response("a network of before"));
  await cache.put(network, await fetch(network));
}"""


def test_a_new_build_deletes_the_files_of_the_one_before_and_keeps_networks_that_it_still_uses(
    service: Server, browser: Browser
) -> None:
    with service.client() as client:
        network = client.get("/web/face.json").json()["files"]["kernel"]
    context = browser.new_context(viewport=DESKTOP, locale="ko-KR")
    page = open_page(context, service.url, "privacy")
    wait_until(page, _READY)
    page.evaluate(_BUILD_BEFORE, network)
    page.reload()
    wait_until(page, "navigator.serviceWorker.controller?.state === 'activated'")
    ((name, paths),) = page.evaluate(_KEPT).items()
    context.close()
    assert name != "gwansang-1"
    assert {"/", "/web/settings.json", network} <= set(paths)
    assert not {"/assets/index-before.js", "/web/models/0123456789abcdef.tflite"} & set(paths)


def test_the_texts_of_another_language_that_can_not_be_loaded_are_told_by_a_sentence(
    service: Server, browser: Browser
) -> None:
    context = browser.new_context(locale="ko-KR", service_workers="block")
    without_networks(context)
    context.route("**/web/texts/en-*.json", lambda route: route.abort())
    page = open_page(context, service.url)
    page.get_by_label("언어").select_option("en")
    page.wait_for_selector("#toast[data-shown]")
    said = page.locator("#toast").inner_text()
    context.close()
    assert said == "글을 불러오지 못했어요. 새로고침해 주세요."
