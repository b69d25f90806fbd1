//! The page of `/sparql` for people: a form that works without JavaScript.

/// The page. It holds nothing that anybody typed.
pub(super) const FORM: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SPARQL</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}
textarea{width:100%;font:.9rem/1.4 ui-monospace,monospace;box-sizing:border-box}</style>
<h1>SPARQL</h1>
<p>Ask the catalogue in SPARQL 1.1. Everything is in the default graph: things as <code>edm:ProvidedCHO</code>, what
happened to them as <code>prov:Activity</code>.</p>
<form action="/sparql" method="get">
<p><label for="query">Query</label></p>
<textarea id="query" name="query" rows="14" spellcheck="false">PREFIX edm: &lt;http://www.europeana.eu/schemas/edm/&gt;
PREFIX dc: &lt;http://purl.org/dc/elements/1.1/&gt;

SELECT ?thing ?title WHERE {
  ?thing a edm:ProvidedCHO ;
         dc:title ?title .
}
LIMIT 20</textarea>
<p><button>Ask</button></p>
</form>
</html>
"#;
