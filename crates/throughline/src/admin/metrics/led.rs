//! Clients that are led to places, by the steerings that decide; and zones handed to other servers.

use super::Exposition;
use super::Kind::Counter;
use node::metrics::{LED_BY, LED_VIA, LedCounts, NOTIFIED, ProcessCounts, TRANSFERS};

/// Lengths of scopes that are told apart: those of networks that are routed, and the ends.
const SCOPE_BOUNDS: [usize; 16] = [0, 8, 12, 16, 20, 22, 24, 28, 32, 36, 40, 44, 48, 56, 64, 128];

/// Nothing where nobody is led.
pub(super) fn families(steerings: &[LedCounts], out: &mut Exposition) {
    if steerings.is_empty() {
        return;
    }
    let help = "Clients led to a place, by answers of the name server and by redirects.";
    out.family(Counter, "throughline_steering_led_total", help, |family| {
        for (steering, (place, counts)) in steerings.iter().flat_map(|led| led.places.iter().map(move |place| (led, place))) {
            for (via, count) in LED_VIA.iter().zip(counts) {
                family.sample(&[("steering", &steering.steering), ("place", place), ("via", via)], count);
            }
        }
    });
    let help = "The same by the layer that decided; next-best: the place that was decided on has no url to redirect to.";
    out.family(Counter, "throughline_steering_led_by_total", help, |family| {
        for (steering, (via, layers)) in steerings.iter().flat_map(|led| LED_VIA.iter().zip(led.layers).map(move |via| (led, via))) {
            for (layer, count) in LED_BY.iter().zip(layers) {
                // No answer of the name server is another than the decision.
                if (*via, *layer) != ("dns", "next-best") {
                    family.sample(&[("steering", &steering.steering), ("via", via), ("layer", layer)], count);
                }
            }
        }
    });
    let help = "For how many bits of a client's address an answer of the name server holds, by family.";
    out.numbers("throughline_steering_scope_bits", help, |family| {
        for (steering, (name, scopes)) in
            steerings.iter().flat_map(|led| ["ipv4", "ipv6"].into_iter().zip(&led.scopes).map(move |of| (led, of)))
        {
            family.numbers(&[("steering", &steering.steering), ("family", name)], &SCOPE_BOUNDS, scopes);
        }
    });
    let help = "Networks that moved to another place by their routes: it is preferred now, or theirs has no route any more.";
    out.family(Counter, "throughline_steering_moves_total", help, |family| {
        for steering in steerings {
            for (why, count) in [("preferred", steering.moved), ("lost", steering.lost)] {
                family.sample(&[("steering", &steering.steering), ("why", why)], count);
            }
        }
    });
}

/// What other name servers have from us.
pub(super) fn transfers(counts: &ProcessCounts, out: &mut Exposition) {
    out.family(Counter, "throughline_dns_transfers_total", "Zones that other servers asked for by TCP, by what came of it.", |family| {
        TRANSFERS.iter().zip(counts.transfers).for_each(|(result, count)| family.sample(&[("result", result)], count));
    });
    let help = "Notices of changed zones sent to other servers, every try counted.";
    out.single(Counter, "throughline_dns_notices_sent_total", help, counts.notices);
    let help = "Servers told of a changed zone, by what came of it: none or no good answer to any try is a failure.";
    out.family(Counter, "throughline_dns_notifies_total", help, |family| {
        NOTIFIED.iter().zip(counts.notified).for_each(|(result, count)| family.sample(&[("result", result)], count));
    });
}
