"""Metrics of `gwansang serve --workers`: any process answers for all, and the dead are not counted as busy."""

from pathlib import Path

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from tests.support.serving import free_port
from tests.test_cli.test_shutdown import Service


def scraped(url: str) -> dict[str, float]:
    """Return the metrics without labels, and the answers to /health by status."""
    families = text_string_to_metric_families(httpx.get(f"{url}/metrics", trust_env=False).text)
    return {
        sample.name: sample.value
        for family in families
        for sample in family.samples
        if not sample.labels or (sample.name.endswith("requests_total") and sample.labels["route"] == "/health")
    }


def test_any_of_several_processes_answers_for_all(tmp_path: Path) -> None:
    service = Service(tmp_path, free_port(), workers=2)
    with service.running() as process:
        for _ in range(40):  # on connections of their own, which the processes share
            httpx.get(f"{service.url}/health", trust_env=False).raise_for_status()
        answers = [scraped(service.url) for _ in range(6)]
        assert all(answer["gwansang_http_requests_total"] >= 40 for answer in answers)
        assert answers[0]["gwansang_inference_pending"] == answers[0]["gwansang_inference_oldest_waiting_seconds"] == 0
        assert answers[0]["gwansang_http_requests_in_flight"] == 1
        workers = [
            child for child in psutil.Process(process.pid).children() if "spawn_main" in " ".join(child.cmdline())
        ]
        assert len(workers) == 2
        workers[0].kill()
        workers[0].wait(10)
        later = scraped(service.url)
    assert later["gwansang_http_requests_total"] >= 40
    assert later["gwansang_http_requests_in_flight"] == 1
