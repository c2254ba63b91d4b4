//! How all addresses are shared out: how much each place has, and by which layer.

use super::Steering;
use super::bits::Bits;
use super::choice::Chooser;
use super::diff::Ground;
use super::map::sweep;
use super::weights::Weights;
use crate::config::Layer;
use alloc::vec;
use alloc::vec::Vec;

/// What one layer gives to one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The place (index into [`crate::config::Config::pops`]).
    pub pop: u16,
    /// The layer.
    pub layer: Layer,
    /// Networks of the layer's own table by which it decides so; the default has no table.
    pub networks: usize,
    /// How much they count, of IPv4 and of IPv6.
    pub weight: [f64; 2],
}

impl Share {
    /// All of it.
    pub fn whole(&self) -> f64 {
        self.weight.iter().sum()
    }
}

/// In the order of the places, and of the layers.
pub(super) fn of(steering: &Steering, weights: &Weights) -> Vec<Share> {
    let mut layers = steering.places.layers.clone();
    layers.push(Layer::Default);
    let share = |pop, layer| Share { pop, layer, networks: 0, weight: [0.0; 2] };
    let mut shares: Vec<Share> = steering.places.pops().flat_map(|pop| layers.iter().map(move |layer| share(pop, *layer))).collect();
    family::<u32>(steering, weights, &layers, 0, &mut shares);
    family::<u128>(steering, weights, &layers, 1, &mut shares);
    shares.retain(|share| share.networks > 0 || share.whole() > 0.0);
    shares
}

fn family<A: Bits>(steering: &Steering, weights: &Weights, layers: &[Layer], family: usize, shares: &mut [Share]) {
    let tables = &steering.tables;
    let chooser = Chooser::new(&steering.places, &steering.ranking, &tables.measured, &steering.nearness, &steering.state);
    let mut ground = Weighed { ground: Ground::new(steering, steering, weights), border: None, begun: false };
    let sizes = [A::of(tables.rib.table()).len(), A::of(tables.measured.table()).len(), A::of(tables.geography.table()).len()];
    let mut told = sizes.map(|size| vec![false; size]);
    sweep::<A>(&chooser, (&tables.rib, &tables.held, &tables.geography), |stretch| {
        let (place, layer) = chooser.choose(&stretch.ground);
        let row = layers.iter().position(|known| *known == layer).unwrap_or(layers.len() - 1);
        let share = &mut shares[usize::from(place) * layers.len() + row];
        share.weight[family] += ground.between(stretch.ground.at, stretch.last);
        let table = match layer {
            Layer::Topology => 0,
            Layer::Measured => 1,
            Layer::Geography => 2,
            Layer::Default => return,
        };
        // A network that others lie within comes again behind each of them.
        if let Some(index) = stretch.found[table] {
            share.networks += usize::from(!core::mem::replace(&mut told[table][index], true));
        }
    });
}

/// What addresses count, in a sweep that has other borders.
struct Weighed<'a, A> {
    ground: Ground<'a, A>,
    border: Option<A>,
    begun: bool,
}

impl<A: Bits> Weighed<'_, A> {
    /// The addresses of a stretch; each begins behind the one before.
    fn between(&mut self, first: A, last: A) -> f64 {
        let (mut at, mut sum) = (first, 0.0);
        loop {
            if !self.begun || self.border == Some(at) {
                (self.border, self.begun) = (self.ground.go(at), true);
            }
            let end = self.border.and_then(Bits::previous).map_or(last, |before| before.min(last));
            sum += self.ground.density().unwrap_or(0.0) * at.count(end);
            match end.next() {
                Some(next) if end < last => at = next,
                _ => return sum,
            }
        }
    }
}
