//! Bands from what is on the left to what is on the right, as wide as what goes there.

use crate::mark::Mark;
use std::fmt::Write;

const WIDTH: f64 = 1000.0;
/// Where the posts of either side begin.
const LEFT: f64 = 190.0;
const RIGHT: f64 = 796.0;
const POST: f64 = 14.0;
const GAP: f64 = 16.0;
/// The least that a post has, for its two lines of text.
const ROW: f64 = 46.0;
const TOP: f64 = 34.0;
/// All weight.
const BARS: f64 = 340.0;

/// One end of bands.
pub(super) struct Post {
    pub(super) name: String,
    pub(super) note: String,
    pub(super) class: String,
    /// Something is wrong with it.
    pub(super) alarming: bool,
    pub(super) weight: f64,
}

/// What goes from one post to another.
pub(super) struct Band {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) weight: f64,
    /// The colour's class.
    pub(super) class: String,
    /// It moves: it stands out.
    pub(super) moves: bool,
    pub(super) title: String,
}

/// Where a post stands.
struct Stand {
    top: f64,
    height: f64,
    /// So much of it has bands.
    used: f64,
}

/// The picture: what is on the left, what is on the right, with their headings.
pub(super) fn write(headings: [&str; 2], sides: [&[Post]; 2], bands: &[Band], out: &mut Mark) {
    // One scale for both sides: a band is as wide where it comes as where it begins.
    let all = sides.iter().map(|side| whole(side)).fold(0.0, f64::max);
    let scale = if all > 0.0 { BARS / all } else { 0.0 };
    let inner = sides.iter().map(|side| needed(side, scale)).fold(0.0, f64::max);
    let height = inner + TOP + 4.0;
    out.raw(&format!("<svg class=\"flows\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"Bands of what goes where\">\n"));
    for (heading, (x, anchor)) in headings.iter().zip([(LEFT + POST, "end"), (RIGHT, "start")]) {
        out.raw(&format!("<text class=\"heading\" x=\"{x}\" y=\"14\" text-anchor=\"{anchor}\">"));
        out.text(heading);
        out.raw("</text>\n");
    }
    let mut stands = sides.map(|side| stand(side, scale, inner));
    // What stays lies below what moves.
    for moves in [false, true] {
        let mut places = [used(&stands[0]), used(&stands[1])];
        for band in bands.iter().filter(|band| band.moves == moves && band.weight > 0.0) {
            write_band(band, scale, &stands, &mut places, out);
        }
        for (stands, places) in stands.iter_mut().zip(places) {
            stands.iter_mut().zip(places).for_each(|(stand, used)| stand.used = used);
        }
    }
    for (number, (posts, stands)) in sides.iter().zip(&stands).enumerate() {
        posts.iter().zip(stands).for_each(|(post, stand)| write_post(post, stand, number == 0, out));
    }
    out.raw("</svg>\n");
}

fn used(stands: &[Stand]) -> Vec<f64> {
    stands.iter().map(|stand| stand.used).collect()
}

/// Posts of one side below each other, as high as their weight; a low one has room for its text all the same.
fn stand(posts: &[Post], scale: f64, inner: f64) -> Vec<Stand> {
    let mut top = TOP + (inner - needed(posts, scale)) / 2.0;
    let stand = |post: &Post| {
        let height = post.weight * scale;
        let stand = Stand { top: top + (height.max(ROW) - height) / 2.0, height, used: 0.0 };
        top += height.max(ROW) + GAP;
        stand
    };
    posts.iter().map(stand).collect()
}

fn needed(posts: &[Post], scale: f64) -> f64 {
    posts.iter().map(|post| (post.weight * scale).max(ROW) + GAP).sum()
}

fn whole(posts: &[Post]) -> f64 {
    posts.iter().map(|post| post.weight).sum()
}

fn write_band(band: &Band, scale: f64, stands: &[Vec<Stand>; 2], places: &mut [Vec<f64>; 2], out: &mut Mark) {
    let ends = [(0, band.from), (1, band.to)].map(|(side, post)| {
        let high = band.weight * scale;
        let top = stands[side][post].top + places[side][post];
        places[side][post] += high;
        (top, top + high.max(1.0))
    });
    let ((a, b), (c, d)) = (ends[0], ends[1]);
    let (x, y) = (LEFT + POST + 2.0, RIGHT - 2.0);
    let (one, two) = (x + (y - x) * 0.45, x + (y - x) * 0.55);
    let mut path = String::new();
    let _ =
        write!(path, "M{x:.1} {a:.1}C{one:.1} {a:.1} {two:.1} {c:.1} {y:.1} {c:.1}V{d:.1}C{two:.1} {d:.1} {one:.1} {b:.1} {x:.1} {b:.1}Z");
    let moves = if band.moves { "moves" } else { "stays" };
    out.raw(&format!("<path class=\"band {moves} {}\" d=\"{path}\"><title>", band.class));
    out.text(&band.title);
    out.raw("</title></path>\n");
}

fn write_post(post: &Post, stand: &Stand, left: bool, out: &mut Mark) {
    let (x, text, anchor) = if left { (LEFT, LEFT - 12.0, "end") } else { (RIGHT, RIGHT + POST + 12.0, "start") };
    let none = if post.weight > 0.0 { "" } else { " none" };
    let (top, height) = (stand.top, stand.height);
    out.raw(&format!(
        "<rect class=\"post {}{none}\" x=\"{x}\" y=\"{top:.1}\" width=\"{POST}\" height=\"{:.1}\" rx=\"3\"/>\n",
        post.class,
        height.max(2.0)
    ));
    let middle = top + height / 2.0;
    out.raw(&format!("<text class=\"name\" x=\"{text}\" y=\"{:.1}\" text-anchor=\"{anchor}\">", middle - 3.0));
    out.text(&post.name);
    let alarming = if post.alarming { " alarming" } else { "" };
    out.raw(&format!("</text>\n<text class=\"note{alarming}\" x=\"{text}\" y=\"{:.1}\" text-anchor=\"{anchor}\">", middle + 15.0));
    out.text(&post.note);
    out.raw("</text>\n");
}
