"""Journeys and the fixtures of a suite."""

from __future__ import annotations

import pytest

GREEN = "/status/200"


def test_items_are_slim_without_fixtures_and_functions_with(project) -> None:
    project.journey("a/a.journey.yaml", GREEN)
    project.journey("b/b.journey.yaml", GREEN, head="settings: {fixtures: [shop]}")
    project.journey("c/c.journey.yaml", GREEN)
    project.write("b/conftest.py", "import pytest\n@pytest.fixture\ndef shop(): pass\n")
    project.write("c/conftest.py", "import pytest\n@pytest.fixture(autouse=True)\ndef x(): pass\n")
    project.write(
        "conftest.py",
        """
        def pytest_collection_modifyitems(items):
            for item in items:
                print(item.nodeid, type(item).__name__, hasattr(item, "callspec"))
        """,
    )
    result = project.run("-s")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "a/a.journey.yaml::run JourneyItem False",
            "b/b.journey.yaml::run JourneyFunction False",
            "c/c.journey.yaml::run JourneyFunction False",
        ]
    )


def test_fixtures_are_set_up_and_shown(project) -> None:
    project.journey("a.journey.yaml", GREEN, head="settings: {fixtures: [shop]}")
    project.write(
        "conftest.py",
        """
        import pytest
        @pytest.fixture(scope="session")
        def shop():
            yield "shop"
            print("CLOSED")
        """,
    )
    result = project.run("--setup-show", "-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*SETUP    S shop", "*a.journey.yaml::run (fixtures used: shop)*.CLOSED"]
    )


def test_a_fixture_of_module_scope_lives_as_long_as_the_file(project) -> None:
    """Also one that comes by itself, and one that another asks for."""
    rows = "settings: {fixtures: [shop]}\ninputs: [{name: n}]\ndata: {rows: [{n: 1}, {n: 2}]}"
    project.journey("a.journey.yaml", GREEN, head=rows)
    project.journey("b.journey.yaml", GREEN, head="settings: {fixtures: [till]}")
    project.write(
        "conftest.py",
        """
        import pytest
        @pytest.fixture(scope="module", autouse=True)
        def lamp(request):
            yield
            print("\\nDARK", request.node.name, request.module.__name__)
        @pytest.fixture(scope="module")
        def shop(request):
            yield
            print("\\nCLOSED", request.node.name)
        @pytest.fixture(scope="class")
        def till(shop): pass
        """,
    )
    result = project.run("-s", "-v")
    result.assert_outcomes(passed=3)
    seen = [line for line in result.outlines if line.startswith(("DARK", "CLOSED", "a.", "b."))]
    assert [line.split(" PASSED")[0] for line in seen] == [
        "a.journey.yaml::row-00001",
        "a.journey.yaml::row-00002",
        "CLOSED a.journey.yaml",
        "DARK a.journey.yaml a.journey.yaml",
        "b.journey.yaml::run",
        "CLOSED b.journey.yaml",
        "DARK b.journey.yaml b.journey.yaml",
    ]


def test_what_a_plugin_changes_of_one_row_concerns_no_other(project) -> None:
    project.write("rows.csv", "n\n1\n2\n3\n")
    head = "inputs: [{name: n, type: string}]\ndata: rows.csv\nsettings: {fixtures: [shop]}"
    project.journey("a.journey.yaml", "/status/200?n={{ inputs.n }}", head=head)
    project.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture
        def shop(): pass

        @pytest.fixture
        def extra(request): print("EXTRA for", request.node.name)

        def pytest_collection_modifyitems(items):
            items[1].fixturenames.append("extra")
            items[1].user_properties.append(("mine", 1))
            items[1].extra_keyword_matches.add("wanted")

        @pytest.hookimpl(trylast=True)
        def pytest_collection_finish(session):
            for item in session.items:
                print(item.name, item.fixturenames, item.user_properties, item.extra_keyword_matches)
        """,
    )
    result = project.run("-s")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "row-00001 *'shop'] [[][]] set()",
            "row-00002 *'shop', 'extra'] [[]('mine', 1)[]] {'wanted'}",
            "row-00003 *'shop'] [[][]] set()",
            "*EXTRA for row-00002",
        ]
    )
    assert str(result.stdout).count("EXTRA for") == 1


def test_a_plugin_may_say_where_an_item_stands(project) -> None:
    project.journey("a.journey.yaml", GREEN)
    project.write(
        "conftest.py",
        """
        def pytest_collection_modifyitems(items):
            items[0].location = ("elsewhere.yaml", 4, "moved")

        def pytest_runtest_logreport(report):
            print("AT", *report.location)
        """,
    )
    result = project.run("-s")
    result.assert_outcomes(passed=1)
    assert result.stdout.str().count("AT elsewhere.yaml 4 moved") == 3


def test_names_that_a_plugin_adds_to_an_item_are_found(project) -> None:
    for name in ("a", "b"):
        project.journey(f"{name}.journey.yaml", GREEN)
    project.write(
        "conftest.py",
        """
        def pytest_itemcollected(item):
            if item.path.name.startswith("b"):
                item.extra_keyword_matches.add("wanted")
        """,
    )
    result = project.run("-k", "wanted", "-v")
    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(["b.journey.yaml::run PASSED*"])


def test_a_missing_fixture_fails_in_the_call_phase_with_its_place(project) -> None:
    project.journey("a.journey.yaml", GREEN, head="settings: {fixtures: [shpo]}")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*there is no fixture `shpo`*", "*--> a.journey.yaml:3:*"])
    result.stdout.no_fnmatch_line("*.py:*")


def test_a_failing_fixture_is_shown_as_pytest_shows_it(project) -> None:
    project.journey("a.journey.yaml", GREEN, head="settings: {fixtures: [shop]}")
    project.write(
        "conftest.py", "import pytest\n@pytest.fixture\ndef shop(): raise OSError('no')\n"
    )
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E*OSError: no", "conftest.py:3: OSError"])
    result.stdout.no_fnmatch_line("*item.py*")


def test_a_fixture_gives_the_base_url_of_a_server_it_started(project) -> None:
    project.write("environments/local.yaml", "environment: {name: local}\n")
    project.journey("a.journey.yaml", GREEN)
    project.write(
        "conftest.py",
        f"""
        import pytest
        @pytest.fixture(scope="session")
        def reqflo_environment():
            return {{"base_url": "{project.server.url}"}}
        """,
    )
    project.run().assert_outcomes(passed=1)
    assert [path for _, path, _ in project.server.log] == [GREEN]


def test_a_fixture_gives_values_and_services(project) -> None:
    project.journey("a.journey.yaml", "/status/{{ env.code }}", head="service: shop")
    project.write(
        "conftest.py",
        f"""
        import pytest
        @pytest.fixture
        def reqflo_environment():
            return {{
                "values": {{"code": 200}}, "services": {{"shop": {{"base_url": "{project.server.url}"}}}}
            }}
        """,
    )
    project.write("environments/local.yaml", "environment: {name: local, values: {code: 500}}\n")
    project.run().assert_outcomes(passed=1)


def test_a_fixture_gives_inputs_that_set_overrides(project) -> None:
    project.journey("a.journey.yaml", "/status/{{ inputs.code }}", head="inputs: [{name: code}]")
    project.write(
        "conftest.py",
        "import pytest\n@pytest.fixture\ndef reqflo_inputs(): return {'code': 200}\n",
    )
    project.run().assert_outcomes(passed=1)
    project.run("--reqflo-set", "code=404").assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reqflo_inputs", "[1]"),
        ("reqflo_inputs", "object()"),
        ("reqflo_inputs", "{'code': object()}"),
        ("reqflo_environment", "42"),
        ("reqflo_environment", "{'base_url': 42}"),
        ("reqflo_environment", "{'base': 'x'}"),
        ("reqflo_environment", "{'services': {'a': 1}}"),
    ],
)
def test_a_fixture_that_returns_nonsense_is_one_sentence(project, name: str, value: str) -> None:
    project.journey("a.journey.yaml", GREEN, head="inputs: [{name: code, default: 1}]")
    project.write("conftest.py", f"import pytest\n@pytest.fixture\ndef {name}(): return {value}\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*RF801*{name}*"])
    result.stdout.no_fnmatch_line("*Traceback*")
