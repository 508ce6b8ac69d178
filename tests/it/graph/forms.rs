//! What programs read: `GraphML` and node-link JSON, as networkx understands them.

use grantlog::graph::graphml::Graphml;
use grantlog::graph::json::NodeLink;
use grantlog::graph::{Fold, Limits, Model, Renderer};

use super::{python, world};
use crate::tools::require_python;

fn rendered(renderer: &dyn Renderer, limits: Limits) -> Vec<u8> {
    let mut out = Vec::new();
    renderer.render(&Model::new(&world().input(), limits), &mut out).expect("there is room in memory");
    out
}

/// What a form says of nodes and edges, in the order of their names.
const SHOW: &str = "
for _, node in sorted(graph.nodes(data=True), key=lambda one: one[1]['label']):
    print(node['label'], node['kind'], node.get('account') or '-', node.get('frame') or '-', node['exposed'])
name = lambda node: graph.nodes[node]['label']
for one, other, edge in sorted(graph.edges(data=True), key=lambda one: (name(one[0]), name(one[1]))):
    show = lambda words: words if isinstance(words, str) else ','.join(words)
    print(name(one), '>', name(other), edge['kind'], edge['verdict'], show(edge['allowed']) or '-',
        show(edge['conditional']) or '-', show(edge.get('conditions') or '') or '-', edge['pairs'])
print(graph.is_directed(), graph.is_multigraph(), graph.number_of_nodes(), graph.number_of_edges())
";

const SHOWN: &str = "\
12 roles like ci-build-* role 444455556666 ci (444455556666) False
3 repositories like internal/batch-* repository 111122223333 storefront-prod (111122223333) False
account 777788889999 (not in the inventory) account - - False
admin role 111122223333 storefront-prod (111122223333) False
alice user 111122223333 storefront-prod (111122223333) False
anyone anyone - - False
deployer role 111122223333 storefront-prod (111122223333) False
service lambda.amazonaws.com service - - False
storefront/api repository 111122223333 storefront-prod (111122223333) False
storefront/web repository 111122223333 storefront-prod (111122223333) True
12 roles like ci-build-* > deployer assumption conditional - become the session is tagged 12
12 roles like ci-build-* > storefront/api capability allowed pull - - 12
account 777788889999 (not in the inventory) > storefront/api capability conditional - pull - 1
admin > 3 repositories like internal/batch-* capability allowed administer - - 3
admin > storefront/api capability allowed push,administer - - 1
admin > storefront/web capability allowed push,administer - - 1
alice > admin assumption allowed become - - 1
anyone > storefront/web capability conditional - push it is Monday 1
deployer > storefront/api capability allowed push delete - 1
deployer > storefront/web capability allowed push delete - 1
service lambda.amazonaws.com > 3 repositories like internal/batch-* capability conditional - pull - 3
";

#[test]
fn networkx_reads_graphml_with_its_types() {
    if !require_python("networkx") {
        return;
    }
    let program = format!(
        "import sys, io, networkx\ngraph = networkx.read_graphml(io.BytesIO(sys.stdin.buffer.read()))\n{SHOW}\n\
         node = next(data for _, data in graph.nodes(data=True) if data['count'] == 12)\n\
         print(node['members'].split('\\n')[0], len(node['members'].split('\\n')))\n\
         print(graph.graph['fold'], graph.graph['omitted_nodes'] + graph.graph['omitted_edges'])"
    );
    let shown = format!("{SHOWN}True False 10 11\narn:aws:iam::444455556666:role/ci-build-1 12\nalike 0\n");
    assert_eq!(python(&program, &rendered(&Graphml, Limits::DATA)), shown);
}

#[test]
fn networkx_reads_nodes_and_links() {
    if !require_python("networkx") {
        return;
    }
    let program = format!(
        "import sys, json, networkx\n\
         graph = networkx.node_link_graph(json.load(sys.stdin), edges='edges')\n{SHOW}\n\
         node = graph.nodes['arn:aws:iam::444455556666:role/ci-build-1']\n\
         print(node['members'][-1], len(node['members']))\n\
         print(networkx.shortest_path(graph, 'alice', 'storefront/web'))\n\
         print(graph.graph)"
    );
    let shown = format!(
        "{SHOWN}True False 10 11\narn:aws:iam::444455556666:role/ci-build-12 12\n\
         ['alice', 'admin', 'storefront/web']\n{{'fold': 'alike', 'omitted_nodes': 0, 'omitted_edges': 0}}\n"
    );
    assert_eq!(python(&program, &rendered(&NodeLink, Limits::DATA)), shown);
}

/// Each by itself, and what does not fit counted.
#[test]
fn programs_are_told_what_was_left_out() {
    let limits = Limits { fold: Some(Fold::Single), nodes: 5, edges: 100 };
    let left_out = world().input().graph.node_count() - 5;
    let json: serde_json::Value = serde_json::from_slice(&rendered(&NodeLink, limits)).expect("it is JSON");
    assert_eq!(json["graph"]["omitted_nodes"], left_out);
    assert_eq!(json["nodes"].as_array().map(Vec::len), Some(5));
    let graphml = String::from_utf8(rendered(&Graphml, limits)).expect("it is text");
    assert!(graphml.contains(&format!("<data key=\"graph_omitted_nodes\">{left_out}</data>")), "{graphml}");
}
