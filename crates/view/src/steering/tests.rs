use super::*;
use decide::config::Layer;
use decide::steer::{Flow, Move};
use wire::network::Network;

fn names() -> Vec<String> {
    ["fra", "s<i>n\u{1b}", "nyc"].map(str::to_string).to_vec()
}

fn shares() -> Vec<Share> {
    let share = |pop, layer, networks, weight| Share { pop, layer, networks, weight };
    vec![share(0, Layer::Topology, 3, [60.0, 0.0]), share(1, Layer::Default, 0, [30.0, 4.0]), share(2, Layer::Measured, 1, [10.0, 0.0])]
}

fn diff() -> Diff {
    let moved = |network: &str, to, weight| Move { network: Network::parse(network).expect("a network"), from: 1, to, weight };
    let load = |pop, before, after, load, expected, capacity| Load { pop, before, after, load, expected, capacity };
    Diff {
        moves: vec![
            moved("192.0.2.0/24", 0, 1.0),
            moved("198.51.0.0/20", 0, 19.0),
            moved("203.0.112.0/21", 2, 10.0),
            moved("2001:db8::/46", 2, 4.0),
        ],
        flows: vec![Flow { from: 1, to: 0, weight: [20.0, 0.0], moves: 2 }, Flow { from: 1, to: 2, weight: [10.0, 4.0], moves: 2 }],
        loads: vec![
            load(0, [60.0, 0.0], [80.0, 0.0], Some(60.0), Some(1080.0), 1000),
            load(1, [30.0, 4.0], [0.0, 0.0], Some(34.0), Some(1e-12), 40),
            load(2, [10.0, 0.0], [20.0, 4.0], None, None, 0),
        ],
    }
}

fn with(change: Change<'_>, weighed: bool, see: impl FnOnce(&Sharing<'_>)) {
    let (names, shares, mut diff) = (names(), shares(), diff());
    if change == Change::Nothing {
        diff.moves.clear();
        diff.flows.clear();
        diff.loads.iter_mut().for_each(|load| (load.after, load.expected) = (load.before, load.load));
    }
    let missing = ["the table of nyc".to_string()];
    see(&Sharing { steering: "cdn", names: &names, change, networks: (4, 1), shares: &shares, diff: &diff, weighed, missing: &missing });
}

const LOOK: Look = Look { width: 80, colour: false, verbose: false };

#[test]
fn a_lost_place_is_told_line_by_line() {
    with(Change::Without("sin"), false, |sharing| {
        let text = table(sharing, LOOK);
        for line in [
            "steering   cdn\nwithout    sin\nroutes to  4 networks of IPv4, 1 of IPv6\n",
            "IPv4  █ stays  ▒ comes  ░ leaves\n",
            "   60.0 % →  80.0 %  load 60 → 1,080 of 1,000 (108.0 %)\n",
            "  load 34 → 0 of 40 (0.0 %)\n",
            "s<i>n\\u{1b} → fra  2  networks  IPv4 20.0 %    IPv6 0.0 %\n",
            "the moves\n  198.51.0.0/20   s<i>n\\u{1b} → fra  19\n  203.0.112.0/21",
            "not known  the table of nyc\n",
            "overload   fra will have 1,080 of the 1,000 that it can bear (108.0 %)\n",
            "=>         4 networks move: 30.0 % of IPv4, 100.0 % of IPv6\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100) && !text.contains('\u{1b}'), "{text}");
        assert!(table(sharing, Look { colour: true, ..LOOK }).contains("\u{1b}[31moverload"));
    });
}

#[test]
fn how_it_is_is_told_by_layer_and_weights_are_one_measure() {
    with(Change::Nothing, true, |sharing| {
        let text = table(sharing, LOOK);
        assert!(text.contains("\nweight\n") && !text.contains("IPv4 60"), "{text}");
        assert!(text.contains("  fra          topology  3  networks  weight 57.7 %\n"), "{text}");
        assert!(text.ends_with("=>         3 of 3 places have clients\n"), "{text}");
    });
}

#[test]
fn only_the_largest_moves_are_shown_unless_all_are_asked_for() {
    let (names, shares, mut diff) = (names(), shares(), diff());
    let one = diff.moves[0];
    diff.moves = vec![one; 25];
    let sharing = Sharing {
        steering: "cdn",
        names: &names,
        change: Change::Between("a", "b"),
        networks: (4, 1),
        shares: &shares,
        diff: &diff,
        weighed: false,
        missing: &[],
    };
    let text = table(&sharing, LOOK);
    assert!(text.contains("the largest moves") && text.contains("  and 5 more; -v shows all\n"), "{text}");
    assert_eq!(text.matches("192.0.2.0/24").count(), 20);
    assert_eq!(table(&sharing, Look { verbose: true, ..LOOK }).matches("192.0.2.0/24").count(), 25);
    assert!(text.contains("from       a\nto         b\n"), "{text}");
}

/// Names of others are texts, and every band is as wide where it comes as where it begins.
#[test]
fn the_page_is_whole_and_holds_nothing_from_elsewhere() {
    for change in [Change::Nothing, Change::Without("sin"), Change::Between("a", "b")] {
        with(change, false, |sharing| {
            let page = page(sharing);
            assert_eq!(page, super::page(sharing));
            assert!(page.contains("s&lt;i&gt;n\\u{1b}") && !page.contains("<i>") && !page.contains('\u{1b}'));
            assert!(!page.contains("src=") && !page.contains("href") && !page.contains(" style=") && !page.contains("NaN"));
            for element in ["svg", "section", "table", "title", "main"] {
                assert_eq!(page.matches(&format!("<{element}")).count(), page.matches(&format!("</{element}>")).count(), "{element}");
            }
            assert_eq!(page.matches("class=\"flows\"").count(), 2, "one picture for each family");
            assert_eq!(page.contains("too much"), change != Change::Nothing);
        });
    }
}
