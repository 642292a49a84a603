//! Where on Earth a group's room should be: nearest to the one who is farthest from it.
//!
//! The regions are Cloudflare's location hints for Durable Objects
//! (<https://developers.cloudflare.com/durable-objects/reference/data-location/#provide-a-location-hint>). What a hint
//! covers is not published; each stands here for a large data centre city in it.

use footlights_env::math;
use footlights_experiment::Location;

/// The angle of the greatest circle through both, in radians (haversine formula).
fn angle(a: Location, b: Location) -> f64 {
    let radians = |degrees: f32| f64::from(degrees).to_radians();
    let half_sine = |a: f32, b: f32| math::sin((radians(a) - radians(b)) / 2.0);
    let (down, along) = (half_sine(a.latitude, b.latitude), half_sine(a.longitude, b.longitude));
    let cosines = math::cos(radians(a.latitude)) * math::cos(radians(b.latitude));
    let root = (down * down + cosines * along * along).sqrt();
    2.0 * math::asin(root.min(1.0))
}

/// Location hints and a city of each.
const REGIONS: [(&str, Location); 9] = [
    // San Jose.
    ("wnam", Location { latitude: 37.3, longitude: -121.9 }),
    // Ashburn.
    ("enam", Location { latitude: 39.0, longitude: -77.5 }),
    // São Paulo.
    ("sam", Location { latitude: -23.5, longitude: -46.6 }),
    // Paris.
    ("weur", Location { latitude: 48.9, longitude: 2.4 }),
    // Warsaw.
    ("eeur", Location { latitude: 52.2, longitude: 21.0 }),
    // Hong Kong.
    ("apac", Location { latitude: 22.3, longitude: 114.2 }),
    // Sydney.
    ("oc", Location { latitude: -33.9, longitude: 151.2 }),
    // Johannesburg.
    ("afr", Location { latitude: -26.2, longitude: 28.0 }),
    // Dubai.
    ("me", Location { latitude: 25.2, longitude: 55.3 }),
];

/// The location hint for people at these places: the region whose distance to the farthest of them is the smallest.
/// `None` if nothing is known about anybody.
pub fn location_hint(places: &[Location]) -> Option<&'static str> {
    if places.is_empty() {
        return None;
    }
    let farthest = |region: Location| places.iter().map(|place| angle(*place, region)).fold(0.0, f64::max);
    let nearest = REGIONS.iter().min_by(|(_, a), (_, b)| farthest(*a).total_cmp(&farthest(*b)));
    nearest.map(|(hint, _)| *hint)
}

#[cfg(test)]
mod tests {
    use crate::placement::*;

    fn place(latitude: f32, longitude: f32) -> Location {
        Location::new(latitude, longitude).unwrap()
    }

    #[test]
    fn well_known_pairs_meet_where_neither_is_far() {
        let london = place(51.5, -0.1);
        let (new_york, los_angeles, boston) = (place(40.7, -74.0), place(34.1, -118.2), place(42.4, -71.1));
        let pairs = [
            ("weur", london, place(40.4, -3.7), "London and Madrid"),
            ("eeur", place(50.5, 30.5), place(60.2, 24.9), "Kyiv and Helsinki"),
            ("enam", new_york, boston, "New York and Boston"),
            ("wnam", los_angeles, place(47.6, -122.3), "Los Angeles and Seattle"),
            ("enam", new_york, los_angeles, "New York and Los Angeles"),
            ("enam", london, los_angeles, "London and Los Angeles"),
            ("sam", place(-34.6, -58.4), place(-22.9, -43.2), "Buenos Aires and Rio de Janeiro"),
            ("apac", place(35.7, 139.7), place(1.35, 103.8), "Tokyo and Singapore"),
            ("oc", place(-37.8, 145.0), place(-36.8, 174.8), "Melbourne and Auckland"),
            ("afr", place(-33.9, 18.4), place(-1.3, 36.8), "Cape Town and Nairobi"),
            ("me", place(24.7, 46.7), place(19.1, 72.9), "Riyadh and Mumbai"),
        ];
        for (expected, a, b, who) in pairs {
            assert_eq!(location_hint(&[a, b]), Some(expected), "{who}");
            assert_eq!(location_hint(&[b, a]), Some(expected), "{who}");
        }
    }

    #[test]
    fn a_person_alone_plays_nearby_and_nobody_plays_anywhere() {
        assert_eq!(location_hint(&[]), None);
        for (region, city) in REGIONS {
            assert_eq!(location_hint(&[city]), Some(region));
        }
    }

    #[test]
    fn distances_are_those_of_the_globe() {
        let (paris, new_york) = (place(48.9, 2.4), place(40.7, -74.0));
        let km = 6371.0 * angle(paris, new_york);
        assert!((km - 5837.0).abs() < 30.0, "{km}");
        assert!((angle(place(0.0, 179.0), place(0.0, -179.0)).to_degrees() - 2.0).abs() < 1e-6);
        assert!(Location::new(91.0, 0.0).is_none() && Location::new(f32::NAN, 0.0).is_none());
    }
}
