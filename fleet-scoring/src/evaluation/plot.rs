//! A plot of a recording over time, as SVG: its signals, the labelled and the found events.

use fleet_core::{Error, ErrorKind, Result, event::AlertKind};
use plotters::{
    coord::Shift,
    prelude::{
        ChartBuilder, DrawingArea, IntoDrawingArea, IntoFont, LineSeries, RGBColor, Rectangle,
        SVGBackend, Text,
    },
    style::{Color, TextStyle},
};

use super::{
    Frame, Interval, Recording,
    outline::{Outline, outline, range},
};

/// The width of a plot, pixels.
const WIDTH: u32 = 1200;
/// The height of the strip of one kind of event, and of a panel of signals, pixels.
const STRIP: u32 = 24;
const PANEL: u32 = 190;
/// The space left of all panels, for names and numbers, pixels.
const MARGIN: u32 = 110;
/// The columns of pixels right of it.
const COLUMNS: usize = 1070;

const BLACK: RGBColor = RGBColor(40, 40, 40);
const GREY: RGBColor = RGBColor(225, 225, 225);
/// Blue, orange and green of Okabe and Ito's palette, which most colour-blind people tell apart.
const LINES: [RGBColor; 3] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
];
/// Where their names stand, pixels from the left of the panel.
const NAMES: [i32; 3] = [8, 98, 188];
const TRUTH: RGBColor = RGBColor(120, 120, 120);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// One panel: a title with the unit, and named lines.
struct Panel<'a> {
    title: &'a str,
    lines: Vec<(&'a str, &'a [f32])>,
}

/// Draws a recording as SVG: strips with the labelled events (grey) and the found ones (coloured)
/// of each kind, then accelerations, rates of turn and speed, over seconds from the first sample.
///
/// Where more samples than pixels lie side by side, each column of pixels shows their extremes, so
/// that a single shock stays visible at 16 kHz.
///
/// # Errors
/// If the drawing fails, which no recording causes.
///
/// # Examples
/// ```
/// use fleet_scoring::{drives::DriveOptions, evaluation::plot};
/// let drive = DriveOptions { seconds: 60.0, ..DriveOptions::default() }.drive();
/// let svg = plot(&drive.labelled.recording, &drive.labelled.labels, &[])?;
/// assert!(svg.starts_with("<svg") && svg.contains("longitudinal"));
/// # Ok::<(), fleet_core::Error>(())
/// ```
pub fn plot(recording: &Recording, labels: &[Interval], findings: &[Interval]) -> Result<String> {
    let mut svg = String::new();
    draw(&mut svg, recording, labels, findings).map_err(|why| {
        let message = format!("cannot draw {}: {why}", recording.name);
        Error::new(ErrorKind::Sink, message)
    })?;
    Ok(svg)
}

type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

fn draw(svg: &mut String, recording: &Recording, labels: &[Interval], found: &[Interval]) -> Drawn {
    let panels = panels(recording);
    let mut kinds: Vec<&AlertKind> = Vec::new();
    for event in labels.iter().chain(found) {
        if !kinds.contains(&&event.kind) {
            kinds.push(&event.kind);
        }
    }
    let strips = u32::try_from(kinds.len()).unwrap_or(1) * STRIP;
    let count = u32::try_from(panels.len()).unwrap_or(1);
    let head = 30;
    let height = head + strips + count * PANEL + 10;
    let root = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
    root.fill(&RGBColor(255, 255, 255))?;
    let seconds = recording.duration_s().max(1e-3);
    root.draw(&Text::new(recording.name.clone(), (10, 6), font(19)))?;
    let explained = "grey: labelled, coloured: found";
    root.draw(&Text::new(explained, (955, 8), font(14)))?;
    let (_, below) = root.split_vertically(head);
    let (strip_area, panel_area) = below.split_vertically(strips);
    for (number, kind) in (0_i32..).zip(&kinds) {
        strip(&strip_area, number, kind, seconds, labels, found)?;
    }
    let areas = panel_area.split_evenly((panels.len().max(1), 1));
    for (area, panel) in areas.iter().zip(&panels) {
        draw_panel(area, panel, recording, seconds, labels, found)?;
    }
    root.present()?;
    Ok(())
}

fn font(size: i32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&BLACK)
}

fn panels(recording: &Recording) -> Vec<Panel<'_>> {
    let names = match recording.frame {
        Frame::Vehicle => ["longitudinal", "lateral", "vertical"],
        Frame::Device => ["x", "y", "z"],
        Frame::Earth => ["east", "north", "up"],
    };
    let turns = match recording.frame {
        Frame::Vehicle => ["roll", "pitch", "yaw"],
        Frame::Device | Frame::Earth => names,
    };
    let mut panels = Vec::new();
    for (title, names, columns) in [
        ("acceleration, g", names, &recording.acceleration),
        ("rate of turn, deg/s", turns, &recording.turn_rate),
    ] {
        if let Some(columns) = columns {
            let lines = names.into_iter().zip(columns.iter().map(Vec::as_slice));
            let lines = lines.collect();
            panels.push(Panel { title, lines });
        }
    }
    for (title, name, column) in [
        ("rate of turn, deg/s", "yaw", &recording.yaw_rate),
        ("speed, km/h", "speed", &recording.speed),
    ] {
        if let Some(column) = column {
            let lines = vec![(name, column.as_slice())];
            panels.push(Panel { title, lines });
        }
    }
    panels
}

/// The strip of one kind: its labels above, its findings below.
fn strip(
    area: &Area<'_>,
    number: i32,
    kind: &AlertKind,
    seconds: f64,
    labels: &[Interval],
    found: &[Interval],
) -> Drawn {
    let top = number * 24;
    let word = kind.as_word().to_owned();
    area.draw(&Text::new(word, (8, top + 4), font(14)))?;
    let left = i32::try_from(MARGIN)?;
    let full = f64::from(WIDTH - MARGIN - 20);
    let at = |time: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "within the plot")]
        let pixel = (time / seconds * full).clamp(0.0, full) as i32;
        left + pixel
    };
    for (events, above, colour) in [(labels, 1, TRUTH), (found, 11, color_of(kind))] {
        for event in events.iter().filter(|event| event.kind == *kind) {
            let (from, to) = (at(event.start_s), at(event.end_s));
            let corners = [(from, top + above), (to.max(from + 1), top + above + 8)];
            area.draw(&Rectangle::new(corners, colour.filled()))?;
        }
    }
    Ok(())
}

fn color_of(kind: &AlertKind) -> RGBColor {
    match kind {
        AlertKind::HarshBrake => RGBColor(204, 51, 51),
        AlertKind::RapidAccel => RGBColor(0, 130, 90),
        AlertKind::HarshCorner => RGBColor(180, 110, 0),
        _ => RGBColor(120, 60, 160),
    }
}

fn draw_panel(
    area: &Area<'_>,
    panel: &Panel<'_>,
    recording: &Recording,
    seconds: f64,
    labels: &[Interval],
    found: &[Interval],
) -> Drawn {
    let outlines: Vec<(&str, Outline)> = panel
        .lines
        .iter()
        .map(|(name, column)| (*name, outline(recording, column, COLUMNS)))
        .collect();
    let (low, high) = range(outlines.iter().map(|(_, outline)| outline));
    let mut chart = ChartBuilder::on(area)
        .margin_right(20)
        .margin_top(6)
        .set_label_area_size(plotters::prelude::LabelAreaPosition::Left, MARGIN)
        .set_label_area_size(plotters::prelude::LabelAreaPosition::Bottom, 22)
        .build_cartesian_2d(0.0..seconds, low..high)?;
    chart
        .configure_mesh()
        .light_line_style(RGBColor(255, 255, 255))
        .bold_line_style(GREY)
        .x_labels(12)
        .x_label_formatter(&|seconds| format!("{seconds:.0} s"))
        .y_labels(6)
        .y_desc(panel.title)
        .label_style(font(14))
        .draw()?;
    let spans = labels.iter().map(|event| (event, TRUTH));
    let spans = spans.chain(found.iter().map(|event| (event, color_of(&event.kind))));
    chart.draw_series(spans.map(|(event, colour)| {
        let corners = [(event.start_s, low), (event.end_s, high)];
        Rectangle::new(corners, colour.mix(0.13).filled())
    }))?;
    for ((name, outline), (place, colour)) in
        outlines.iter().zip(NAMES.into_iter().zip(LINES)).rev()
    {
        for piece in &outline.pieces {
            chart.draw_series(LineSeries::new(piece.iter().copied(), colour))?;
        }
        let place = (i32::try_from(MARGIN)? + place, 8);
        let style = ("sans-serif", 15).into_font().color(&colour);
        area.draw(&Text::new((*name).to_owned(), place, style))?;
    }
    Ok(())
}
