"""The backends of transpile, by the names that `sigma convert -t` takes."""

from transpile import plugin


class TranspileSplBackend(plugin.TranspileBackend):
    """Splunk SPL."""

    identifier = "transpile_spl"
    language = "spl"
    name = plugin.title_of("spl")


class TranspileKqlBackend(plugin.TranspileBackend):
    """Kusto KQL, for Sentinel and Defender."""

    identifier = "transpile_kql"
    language = "kql"
    name = plugin.title_of("kql")


class TranspileEqlBackend(plugin.TranspileBackend):
    """Elastic EQL."""

    identifier = "transpile_eql"
    language = "eql"
    name = plugin.title_of("eql")


class TranspileEsqlBackend(plugin.TranspileBackend):
    """Elastic ES|QL."""

    identifier = "transpile_esql"
    language = "esql"
    name = plugin.title_of("esql")


class TranspileLuceneBackend(plugin.TranspileBackend):
    """Elastic Lucene."""

    identifier = "transpile_lucene"
    language = "lucene"
    name = plugin.title_of("lucene")


class TranspileKueryBackend(plugin.TranspileBackend):
    """Elastic's Kibana query language."""

    identifier = "transpile_kuery"
    language = "kuery"
    name = plugin.title_of("kuery")


class TranspileYaralBackend(plugin.TranspileBackend):
    """Google SecOps YARA-L."""

    identifier = "transpile_yaral"
    language = "yaral"
    name = plugin.title_of("yaral")
