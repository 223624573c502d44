"""What the tests of the schema stand on: a cluster for the session, a fresh database a module."""
import pytest

from cluster import Cluster


@pytest.fixture(scope="session")
def cluster():
    made = Cluster()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def migrated(cluster):
    """Name of a database with the schema and nothing in it, to be copied and never connected to."""
    name = cluster.create_database("kabaido_migrated")
    cluster.sqitch(name, "deploy")
    return name


@pytest.fixture(scope="module")
def database(cluster, migrated, request):
    """Name of a database of the module's own, with the schema."""
    name = request.module.__name__.rpartition(".")[2]
    yield cluster.create_database(name, template=migrated)


@pytest.fixture(scope="module")
def superuser(cluster, database):
    with cluster.connect(database) as connection:
        yield connection


@pytest.fixture
def connect(cluster, database):
    """Opens connections to the module's database as a role, closed when the test ends."""
    opened = []

    def open_as(role):
        opened.append(cluster.connect(database, role))
        return opened[-1]

    yield open_as
    for connection in opened:
        connection.close()
