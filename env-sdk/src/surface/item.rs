//! Pictures as lists of shapes: what [`Surface`] collects.

/// Red, green, blue, alpha in eight bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub u32);

impl Color {
    /// Draws nothing.
    pub const NONE: Self = Self(0);
    /// White.
    pub const WHITE: Self = Self::rgb(255, 255, 255);
    /// Black.
    pub const BLACK: Self = Self::rgb(0, 0, 0);

    /// An opaque colour.
    pub const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Self(u32::from_be_bytes([r, g, b, 255]))
    }

    /// Its four bytes: red, green, blue, alpha.
    pub const fn bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// The point is its left end.
    #[default]
    Left,
    /// The point is its middle.
    Center,
    /// The point is its right end.
    Right,
}

/// A form and where it is. Angles are in radians, clockwise from the x axis as seen on the screen.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names are the geometry")]
pub enum Shape {
    /// An axis-aligned box; (x, y) is its top left corner, `radius` rounds its corners.
    Rect { x: f32, y: f32, width: f32, height: f32, radius: f32 },
    /// A disc around (x, y).
    Circle { x: f32, y: f32, radius: f32 },
    /// An ellipse around (x, y), turned by `rotation`.
    Ellipse { x: f32, y: f32, rx: f32, ry: f32, rotation: f32 },
    /// The sector of a disc from angle `start` to `end`; its fill is closed by the chord.
    Arc { x: f32, y: f32, radius: f32, start: f32, end: f32 },
    /// A line; its width is the outline's.
    Line { x1: f32, y1: f32, x2: f32, y2: f32 },
    /// A closed polygon.
    Polygon { points: Vec<(f32, f32)> },
    /// One line of text, `size` high; its middle height is at y.
    Text { x: f32, y: f32, size: f32, align: Align, text: String },
    /// A picture from the scene's assets, or frame `frame` of an atlas; (x, y) is its top left corner.
    Image { x: f32, y: f32, width: f32, height: f32, name: String, frame: u16 },
    /// A sound from the scene's assets. It is played when it comes into the picture.
    Sound { name: String },
}

impl Shape {
    /// A point of the shape: what differs between two pictures is how far it moved.
    pub fn place(&self) -> (f32, f32) {
        match self {
            Self::Rect { x, y, .. }
            | Self::Circle { x, y, .. }
            | Self::Ellipse { x, y, .. }
            | Self::Arc { x, y, .. }
            | Self::Text { x, y, .. }
            | Self::Image { x, y, .. } => (*x, *y),
            Self::Line { x1, y1, .. } => (*x1, *y1),
            Self::Polygon { points } => points.first().copied().unwrap_or_default(),
            Self::Sound { .. } => (0.0, 0.0),
        }
    }

    /// Moves it.
    pub fn shift(&mut self, dx: f32, dy: f32) {
        match self {
            Self::Rect { x, y, .. }
            | Self::Circle { x, y, .. }
            | Self::Ellipse { x, y, .. }
            | Self::Arc { x, y, .. }
            | Self::Text { x, y, .. }
            | Self::Image { x, y, .. } => (*x, *y) = (*x + dx, *y + dy),
            Self::Line { x1, y1, x2, y2 } => {
                (*x1, *y1, *x2, *y2) = (*x1 + dx, *y1 + dy, *x2 + dx, *y2 + dy);
            }
            Self::Polygon { points } => {
                for (x, y) in points {
                    (*x, *y) = (*x + dx, *y + dy);
                }
            }
            Self::Sound { .. } => {}
        }
    }
}

/// One primitive with its style.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Which one it is, from picture to picture. Given by its place in the list unless it is set.
    pub id: u16,
    /// Its form.
    pub shape: Shape,
    /// Inside colour.
    pub fill: Color,
    /// Outline colour.
    pub stroke: Color,
    /// Outline width in world units.
    pub stroke_width: f32,
    /// Greater ones are painted over smaller ones; equal ones in the order of their ids.
    pub depth: i16,
    /// 0 is invisible, 1 is opaque.
    pub alpha: f32,
    /// Whether a painter may show places between its last one and this one.
    pub tween: bool,
    /// Stays in the picture, once drawn, until the next full picture, even when it is not drawn again.
    pub persistent: bool,
}

/// A chain that styles the item that was just added.
pub struct Style<'a>(&'a mut Item);

impl Style<'_> {
    /// Fixes the item's identity. Ids from 0x8000 on are given to items without one.
    pub fn id(self, id: u16) -> Self {
        self.0.id = id;
        self
    }
    /// Inside colour.
    pub fn fill(self, color: Color) -> Self {
        self.0.fill = color;
        self
    }
    /// Outline.
    pub fn stroke(self, color: Color, width: f32) -> Self {
        self.0.stroke = color;
        self.0.stroke_width = width;
        self
    }
    /// Painting order.
    pub fn depth(self, depth: i16) -> Self {
        self.0.depth = depth;
        self
    }
    /// Opacity.
    pub fn alpha(self, alpha: f32) -> Self {
        self.0.alpha = alpha;
        self
    }
    /// Lets a painter move it smoothly.
    pub fn tween(self) -> Self {
        self.0.tween = true;
        self
    }
    /// Keeps it without drawing it again.
    pub fn persistent(self) -> Self {
        self.0.persistent = true;
        self
    }
}

/// First id that is given to items which were not given one.
pub const AUTO_ID: u16 = 0x8000;

/// A picture in the making.
///
/// ```
/// use footlights_env::{Surface, surface::Color};
///
/// let mut surface = Surface::new();
/// surface.rect(0.0, 0.0, 20.0, 10.0).id(0).fill(Color::BLACK).persistent();
/// surface.circle(4.0, 5.0, 0.5).id(1).fill(Color::WHITE).tween();
/// assert_eq!(surface.items().len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surface {
    items: Vec<Item>,
}

impl Surface {
    /// An empty picture.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything drawn so far.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Forgets everything and keeps its memory.
    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// Adds any shape.
    #[allow(clippy::indexing_slicing, reason = "the item was pushed the line before")]
    pub fn add(&mut self, shape: Shape) -> Style<'_> {
        let at = self.items.len();
        self.items.push(Item {
            id: AUTO_ID.saturating_add(u16::try_from(at).unwrap_or(u16::MAX)),
            shape,
            fill: Color::NONE,
            stroke: Color::NONE,
            stroke_width: 0.0,
            depth: 0,
            alpha: 1.0,
            tween: false,
            persistent: false,
        });
        Style(&mut self.items[at])
    }

    /// A box with its top left corner at (x, y).
    pub fn rect(&mut self, x: f32, y: f32, width: f32, height: f32) -> Style<'_> {
        self.add(Shape::Rect { x, y, width, height, radius: 0.0 })
    }
    /// A disc.
    pub fn circle(&mut self, x: f32, y: f32, radius: f32) -> Style<'_> {
        self.add(Shape::Circle { x, y, radius })
    }
    /// An ellipse.
    pub fn ellipse(&mut self, x: f32, y: f32, rx: f32, ry: f32) -> Style<'_> {
        self.add(Shape::Ellipse { x, y, rx, ry, rotation: 0.0 })
    }
    /// A sector of a disc.
    pub fn arc(&mut self, x: f32, y: f32, radius: f32, start: f32, end: f32) -> Style<'_> {
        self.add(Shape::Arc { x, y, radius, start, end })
    }
    /// A line; give it a stroke.
    pub fn line(&mut self, x1: f32, y1: f32, x2: f32, y2: f32) -> Style<'_> {
        self.add(Shape::Line { x1, y1, x2, y2 })
    }
    /// A closed polygon.
    pub fn polygon(&mut self, points: Vec<(f32, f32)>) -> Style<'_> {
        self.add(Shape::Polygon { points })
    }
    /// A line of text.
    pub fn text(&mut self, x: f32, y: f32, size: f32, align: Align, text: impl Into<String>) -> Style<'_> {
        self.add(Shape::Text { x, y, size, align, text: text.into() })
    }
    /// An image of the scene by its name. `frame` is counted from 0, row by row, where it is a sprite sheet; a frame of
    /// an atlas is named behind a slash, such as `"kitchen/onion"`.
    ///
    /// ```
    /// use footlights_env::Surface;
    ///
    /// let mut surface = Surface::new();
    /// surface.image(0.0, 0.0, 2.0, 2.0, "cook", 3).id(1).tween();
    /// surface.image(4.0, 0.0, 1.0, 1.0, "kitchen/onion", 0).id(2);
    /// ```
    pub fn image(&mut self, x: f32, y: f32, width: f32, height: f32, name: &str, frame: u16) -> Style<'_> {
        self.add(Shape::Image { x, y, width, height, name: name.to_owned(), frame })
    }
    /// A sound of the scene by its name. It is played once, when an item with its id comes into the picture; draw it for a
    /// few ticks, because a browser that is late leaves pictures out.
    ///
    /// ```
    /// use footlights_env::Surface;
    ///
    /// let (tick, delivered_at) = (104, Some(100));
    /// let mut surface = Surface::new();
    /// if delivered_at.is_some_and(|at| tick < at + 10) {
    ///     surface.sound("bell").id(9);
    /// }
    /// assert_eq!(surface.items().len(), 1);
    /// ```
    pub fn sound(&mut self, name: &str) -> Style<'_> {
        self.add(Shape::Sound { name: name.to_owned() })
    }
}
