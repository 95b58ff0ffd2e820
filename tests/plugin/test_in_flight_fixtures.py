"""Journeys with fixtures: those of the session are shared ahead, all others wait for their turn."""

from __future__ import annotations

from reports import reported


def test_the_first_sets_up_the_session_and_the_others_run_ahead(meeting) -> None:
    """The first of each kind is not begun before its fixtures are there."""
    server = meeting.server
    server.holds = {"/a": 3, "/z": 3}
    for name in ("a1", "a2", "a3", "z1", "z2", "z3"):
        meeting.journey(f"{name}.journey.yaml", f"/{name}", head="settings: {fixtures: [shop]}")
    meeting.journey("m.journey.yaml", "/m", head="settings: {fixtures: [other]}")
    meeting.write(
        "conftest.py",
        f"""
        import pytest, urllib.request
        def tell(path): urllib.request.urlopen("{server.url}" + path).read()
        @pytest.fixture(scope="session")
        def shop():
            tell("/up/shop")
            yield
            tell("/down")
        @pytest.fixture(scope="session")
        def other(shop):
            tell("/up/other")
        """,
    )
    result = meeting.run("-v", "--reqflo-concurrency=3")
    result.assert_outcomes(passed=7)
    paths = server.paths()
    assert paths[0] == "/up/shop"
    assert sorted(paths[1:4]) == ["/a1", "/a2", "/a3"]
    assert paths[4] == "/up/other"
    # The last kind is set up already, and runs beside the one before it.
    assert sorted(paths[5:9]) == ["/m", "/z1", "/z2", "/z3"]
    assert paths[9:] == ["/down"]
    order = ["a1", "a2", "a3", "m", "z1", "z2", "z3"]
    assert [name.partition(".")[0] for name, _ in reported(result)] == order


def test_fixtures_supply_the_runs_ahead_of_each_folder(meeting) -> None:
    """The same names mean other fixtures below another conftest.py, and none beside them."""
    server = meeting.server
    server.holds = {"/one/": 4, "/two/": 4}
    steps = ("/{{ inputs.place }}/{{ inputs.n }}", "/{{ inputs.place }}/{{ env.color }}/")
    head = "settings: {fixtures: [shop]}"
    meeting.write("environments/local.yaml", "environment: {name: local, values: {color: none}}\n")
    for place, scope in (("one", "session"), ("two", "session"), ("zero", "function")):
        meeting.write(
            f"{place}/conftest.py",
            f"""
            import pytest
            @pytest.fixture(scope="{scope}")
            def reqflo_environment():
                return {{"base_url": "{server.url}", "values": {{"color": "{place}-color"}}}}
            @pytest.fixture(scope="{scope}")
            def reqflo_inputs(shop):
                return {{"place": "{place}"}}
            @pytest.fixture(scope="{scope}")
            def shop(): pass
            """,
        )
        path = meeting.rows(f"{place}/a.journey.yaml", 5, *steps, head=head)
        text = path.read_text().replace("inputs: [{name: n}]", "inputs: [{name: n}, {name: place}]")
        path.write_text(text)
    result = meeting.run("-v", "--reqflo-concurrency=4")
    result.assert_outcomes(passed=15)
    for place in ("one", "two", "zero"):
        wanted = [f"/{place}/{n}" for n in range(1, 6)] + [f"/{place}/{place}-color/"] * 5
        assert sorted(server.paths(f"/{place}/")) == sorted(wanted)
    assert server.peak("/one/") == server.peak("/two/") == 4
    # A fixture of narrower scope is set up for each.
    assert server.peak("/zero/") == 1
    assert not server.overlap("/one/", "/two/")


def test_a_session_fixture_that_skips_or_fails_keeps_its_journeys_from_the_server(meeting) -> None:
    for name in ("a", "b"):
        meeting.journey(f"{name}.journey.yaml", f"/{name}", head="settings: {fixtures: [skips]}")
    for name in ("c", "d"):
        meeting.journey(f"{name}.journey.yaml", f"/{name}", head="settings: {fixtures: [fails]}")
    for name in ("e", "f"):
        meeting.journey(f"{name}.journey.yaml", f"/{name}", head="settings: {fixtures: [nobody]}")
    meeting.write(
        "conftest.py",
        """
        import pytest
        @pytest.fixture(scope="session")
        def skips(): pytest.skip("not here")
        @pytest.fixture(scope="session")
        def fails(): raise OSError("no shop")
        """,
    )
    result = meeting.run("--reqflo-concurrency=8")
    result.assert_outcomes(skipped=2, errors=2, failed=2)
    assert meeting.server.requests == []
    result.stdout.fnmatch_lines(["*there is no fixture `nobody`*"])


def test_an_autouse_fixture_of_a_function_keeps_only_its_folder_inline(meeting) -> None:
    server = meeting.server
    server.holds = {"/slim/": 3, "/under/": 3}
    for name in "abc":
        meeting.journey(f"slim/{name}.journey.yaml", f"/slim/{name}")
        meeting.journey(f"tidy/{name}.journey.yaml", f"/tidy/{name}", f"/tidy/{name}/2")
        meeting.journey(f"under/{name}.journey.yaml", f"/under/{name}")
    auto = "import pytest\n@pytest.fixture(autouse=True, scope='{}')\ndef {}(): pass\n"
    meeting.write("tidy/conftest.py", auto.format("function", "clean"))
    meeting.write("under/conftest.py", auto.format("session", "once"))
    meeting.run("--reqflo-concurrency=3").assert_outcomes(passed=9)
    assert server.paths("/tidy/") == [f"/tidy/{name}{end}" for name in "abc" for end in ("", "/2")]
    assert server.peak("/tidy/") == 1
