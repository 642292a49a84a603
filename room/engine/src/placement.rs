//! Where a group's room is placed: in the region nearest to the member who is farthest from it, and in an object that
//! holds a few games of that region.
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

/// How many games share one `Rooms` object. An object is billed the same however many games it holds, but its games also
/// share one thread and one output gate.
pub const GAMES_PER_OBJECT: u64 = 8;

/// The region of a group's room. It is unknown where no member's location is known.
///
/// ```
/// use footlights_engine::placement::Region;
/// use footlights_experiment::Location;
///
/// let london = Location::new(51.5, -0.1).unwrap();
/// let region = Region::nearest(&[london]);
/// assert_eq!(region.location_hint(), Some("weur"));
/// assert_eq!(region.object_name("e", "s", 17), "e-s-weur-2");
/// assert_eq!(Region::nearest(&[]).object_name("e", "s", 0), "e-s-any-0");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region(Option<&'static str>);

impl Region {
    /// The region whose distance to the farthest of these locations is the smallest.
    #[must_use]
    pub fn nearest(locations: &[Location]) -> Self {
        if locations.is_empty() {
            return Self(None);
        }
        let farthest =
            |city: Location| locations.iter().map(|location| angle(*location, city)).fold(0.0, f64::max);
        let nearest = REGIONS.iter().min_by(|(_, a), (_, b)| farthest(*a).total_cmp(&farthest(*b)));
        Self(nearest.map(|(hint, _)| *hint))
    }

    /// Cloudflare's location hint; `None` where the region is unknown.
    #[must_use]
    pub fn location_hint(self) -> Option<&'static str> {
        self.0
    }

    fn word(self) -> &'static str {
        self.0.unwrap_or("any")
    }

    /// Under which key a lobby counts its games in this region.
    #[must_use]
    pub fn counter_key(self) -> String {
        format!("games-{}", self.word())
    }

    /// The name of the object for the lobby's game with that number in this region, counted from 0. The region is part of
    /// the name, since an object stays where it was first created.
    #[must_use]
    pub fn object_name(self, experiment: &str, scene: &str, number: u64) -> String {
        format!("{experiment}-{scene}-{}-{}", self.word(), number / GAMES_PER_OBJECT)
    }
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
            assert_eq!(Region::nearest(&[a, b]), Region(Some(expected)), "{who}");
            assert_eq!(Region::nearest(&[b, a]), Region(Some(expected)), "{who}");
        }
    }

    #[test]
    fn a_single_participant_plays_nearby_and_an_unknown_location_has_no_region() {
        assert_eq!(Region::nearest(&[]), Region(None));
        for (region, city) in REGIONS {
            assert_eq!(Region::nearest(&[city]), Region(Some(region)));
        }
    }

    #[test]
    fn a_region_fills_one_object_before_the_next_and_shares_none_with_another_region() {
        let (west, none) = (Region::nearest(&[place(48.9, 2.4)]), Region::nearest(&[]));
        let names: std::collections::BTreeSet<String> =
            (0..3 * GAMES_PER_OBJECT).map(|number| west.object_name("e", "s", number)).collect();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["e-s-weur-0", "e-s-weur-1", "e-s-weur-2"]);
        assert_eq!(west.object_name("e", "s", GAMES_PER_OBJECT - 1), "e-s-weur-0");
        assert_eq!(none.object_name("e", "s", 0), "e-s-any-0");
        assert_eq!((west.counter_key(), none.counter_key()), ("games-weur".into(), "games-any".into()));
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
