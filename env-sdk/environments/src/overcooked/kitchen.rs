//! The floor plan of a kitchen: what each cell is, and where cooks begin.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::grid::Facing;

/// What a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tile {
    /// Where cooks walk.
    Floor,
    /// Holds one thing.
    Counter,
    /// Where soup is cooked.
    Pot,
    /// Gives onions.
    Onions,
    /// Gives tomatoes.
    Tomatoes,
    /// Gives dishes.
    Dishes,
    /// Takes soups.
    Serving,
}

impl Tile {
    /// The tile that a letter of a grid stands for; a cook's digit stands on the floor.
    fn of(letter: char) -> Option<Self> {
        Some(match letter {
            ' ' | '1'..='9' => Self::Floor,
            'X' => Self::Counter,
            'P' => Self::Pot,
            'O' => Self::Onions,
            'T' => Self::Tomatoes,
            'D' => Self::Dishes,
            'S' => Self::Serving,
            _ => return None,
        })
    }
}

/// A cell, counted row by row from the top left one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place(pub u16);

/// The layouts by name, with their grids from the top. Those of Carroll et al. 2019 (<https://arxiv.org/abs/1910.05789>),
/// and two for more cooks.
pub const LAYOUTS: [(&str, &[&str]); 8] = [
    ("cramped_room", &["XXPXX", "O  2O", "X1  X", "XDXSX"]),
    ("asymmetric_advantages", &["XXXXXXXXX", "O XSXOX S", "X   P 1 X", "X2  P   X", "XXXDXDXXX"]),
    ("coordination_ring", &["XXXPX", "X 1 P", "D2X X", "O   X", "XOSXX"]),
    ("forced_coordination", &["XXXPX", "O X1P", "O2X X", "D X X", "XXXSX"]),
    ("counter_circuit", &["XXXPPXXX", "X      X", "D XXXX S", "X2    1X", "XXXOOXXX"]),
    ("counter_circuit_1order", &["XXXPPXXX", "X  2   X", "D XXXX S", "X  1   X", "XXXOOXXX"]),
    ("canteen", &["XXOXPXOXX", "X   1   X", "D 2XXX  S", "X   X 3 S", "D  XXX  X", "X       X", "XXOXPXOXX"]),
    ("two_kitchens", &["XXPXXXPXX", "O 1 X 2 O", "D   X   D", "X 3 X 4 X", "XSXXXXXSX"]),
];

/// How a layout was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Name(String),
    Grid(Vec<String>),
}

/// A layout, by its name or as a grid. One that cannot be a kitchen is refused by the configuration that holds it.
///
/// In a grid `X` is a counter, `P` a pot, `O` onions, `T` tomatoes, `D` dishes, `S` serving, a space the floor, and `1` to
/// `9` are the cells where cooks begin. As JSON it is a name, or `{"grid": ["XXPXX", "O1 2O", "XDXSX"]}`.
///
/// ```
/// use footlights_environments::overcooked::Layout;
///
/// assert_eq!(Layout::named("cramped_room").kitchen().unwrap().starts.len(), 2);
/// assert_eq!(Layout::grid(&["XPX", "O1S", "XDX"]).kitchen().unwrap().starts.len(), 1);
/// assert!(Layout::grid(&["XPX", "O1 ", "XDX"]).kitchen().unwrap_err().contains("border"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    source: Source,
    kitchen: Result<Kitchen, String>,
}

impl Layout {
    /// One of [`LAYOUTS`].
    #[must_use]
    pub fn named(name: &str) -> Self {
        let known = LAYOUTS.iter().find(|(known, _)| *known == name);
        let kitchen = match known {
            Some((_, rows)) => Kitchen::parse(rows),
            None => {
                let names: Vec<&str> = LAYOUTS.iter().map(|(name, _)| *name).collect();
                Err(format!("there is no layout {name:?}; there are {}, and grids", names.join(", ")))
            }
        };
        Self { source: Source::Name(name.to_owned()), kitchen }
    }

    /// A layout of one's own, row by row from the top.
    #[must_use]
    pub fn grid<S: AsRef<str>>(rows: &[S]) -> Self {
        let rows: Vec<String> = rows.iter().map(|row| row.as_ref().to_owned()).collect();
        Self { kitchen: Kitchen::parse(&rows), source: Source::Grid(rows) }
    }

    /// The kitchen, or why it cannot be one.
    ///
    /// # Errors
    /// What is wrong with the grid, or that there is no such name.
    pub fn kitchen(&self) -> Result<&Kitchen, &str> {
        self.kitchen.as_ref().map_err(String::as_str)
    }
}

impl Default for Layout {
    fn default() -> Self {
        Self::named("cramped_room")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grid {
    grid: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Name(String),
    Grid(Grid),
}

impl Serialize for Layout {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.source {
            Source::Name(name) => Written::Name(name.clone()),
            Source::Grid(grid) => Written::Grid(Grid { grid: grid.clone() }),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Layout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)
            .map_err(|_| D::Error::custom("layout must be a name, or {\"grid\": [\"XXPXX\", …]}"))?;
        Ok(match written {
            Written::Name(name) => Self::named(&name),
            Written::Grid(Grid { grid }) => Self::grid(&grid),
        })
    }
}

/// A floor plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kitchen {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// The cells, row by row.
    tiles: Vec<Tile>,
    /// Where cooks begin, in their order.
    pub starts: Vec<Place>,
    /// The pots, row by row.
    pub pots: Vec<Place>,
}

/// The largest side of a grid.
const MAX_SIDE: usize = 32;

impl Kitchen {
    fn parse<S: AsRef<str>>(rows: &[S]) -> Result<Self, String> {
        let rows: Vec<Vec<char>> = rows.iter().map(|row| row.as_ref().chars().collect()).collect();
        let (height, width) = (rows.len(), rows.first().map_or(0, Vec::len));
        if !(3..=MAX_SIDE).contains(&width) || !(3..=MAX_SIDE).contains(&height) {
            return Err(format!("a layout has 3 to {MAX_SIDE} rows and columns, not {height} and {width}"));
        }
        let mut kitchen = Self {
            width: width as u16,
            height: height as u16,
            tiles: Vec::with_capacity(width * height),
            starts: Vec::new(),
            pots: Vec::new(),
        };
        let mut starts = Vec::new();
        for (y, row) in rows.iter().enumerate() {
            if row.len() != width {
                return Err(format!("row {} has {} cells, the first one has {width}", y + 1, row.len()));
            }
            for (x, letter) in row.iter().enumerate() {
                let at = || format!("row {}, column {}", y + 1, x + 1);
                let tile = Tile::of(*letter).ok_or_else(|| {
                    format!("{}: {letter:?} is none of X P O T D S, 1 to 9 and a space", at())
                })?;
                let is_border = y == 0 || x == 0 || y == height - 1 || x == width - 1;
                if is_border && tile == Tile::Floor {
                    return Err(format!("{}: there is floor on the border, so a cook could leave", at()));
                }
                let place = Place(kitchen.tiles.len() as u16);
                if tile == Tile::Pot {
                    kitchen.pots.push(place);
                }
                if letter.is_ascii_digit() {
                    starts.push((*letter, place));
                }
                kitchen.tiles.push(tile);
            }
        }
        starts.sort_unstable();
        let expected = ('1'..='9').take(starts.len());
        if starts.is_empty() || !starts.iter().map(|(letter, _)| *letter).eq(expected) {
            let found: String = starts.iter().map(|(letter, _)| *letter).collect();
            return Err(format!("cooks begin at 1, 2 and so on, each once; there is {found:?}"));
        }
        kitchen.starts = starts.into_iter().map(|(_, place)| place).collect();
        let has = |tile| kitchen.tiles.contains(&tile);
        let missing = [(Tile::Pot, "pot (P)"), (Tile::Dishes, "dishes (D)"), (Tile::Serving, "serving (S)")];
        if let Some((_, what)) = missing.into_iter().find(|(tile, _)| !has(*tile)) {
            return Err(format!("there is no {what}"));
        }
        if !has(Tile::Onions) && !has(Tile::Tomatoes) {
            return Err("there are no onions (O) and no tomatoes (T)".into());
        }
        Ok(kitchen)
    }

    /// What a cell is. Outside there are counters.
    #[must_use]
    pub fn tile(&self, place: Place) -> Tile {
        self.tiles.get(usize::from(place.0)).copied().unwrap_or(Tile::Counter)
    }

    /// Every cell with what it is.
    pub fn cells(&self) -> impl Iterator<Item = (Place, Tile)> + '_ {
        (0..).map(Place).zip(self.tiles.iter().copied())
    }

    /// The cell that lies next to another one in a direction. A cook stands inside of a closed border, so there is one.
    #[must_use]
    pub fn next(&self, place: Place, facing: Facing) -> Place {
        Place(match facing {
            Facing::North => place.0.wrapping_sub(self.width),
            Facing::South => place.0.wrapping_add(self.width),
            Facing::East => place.0.wrapping_add(1),
            Facing::West => place.0.wrapping_sub(1),
        })
    }

    /// Column and row.
    #[must_use]
    pub fn position(&self, place: Place) -> (u16, u16) {
        (place.0 % self.width, place.0 / self.width)
    }
}
