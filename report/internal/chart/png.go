package chart

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"

	"github.com/wcharczuk/go-chart/v2/drawing"
)

// encodePNG writes a picture together with its resolution (the chunk pHYs), without which a word processor would
// show it three times as large as it was drawn for.
func encodePNG(w io.Writer, picture *image.RGBA, dpi float64) error {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := e.Encode(&b, paletted(picture)); err != nil {
		return fmt.Errorf("encode PNG: %w", err)
	}
	// The signature is 8 bytes; the header chunk is 13 bytes in 12 of frame, and pHYs must follow it.
	const head = 8 + 12 + 13
	if b.Len() < head {
		return fmt.Errorf("encode PNG: %w", io.ErrUnexpectedEOF)
	}
	perMetre := uint32(math.Round(dpi / 0.0254))
	chunk := []byte("pHYs")
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = append(chunk, 1)
	framed := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4))
	framed = append(framed, chunk...)
	framed = binary.BigEndian.AppendUint32(framed, crc32.ChecksumIEEE(chunk))
	for _, part := range [][]byte{b.Bytes()[:head], framed, b.Bytes()[head:]} {
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("encode PNG: %w", err)
		}
	}
	return nil
}

// paletted is a chart in at most 256 colours, which is a byte a pixel in place of four: writing it takes a quarter of the
// time. The flat colours are kept to the bit; those at the edges of letters and bars are within 8 of 256, and the nearest of
// those that there are once there are 256. What is bare, or half covered, lies on paper.
func paletted(picture *image.RGBA) *image.Paletted {
	const bits = 5
	var known [1 << (3 * bits)]uint16 // 1 + place in the palette
	out := image.NewPaletted(picture.Bounds(), nil)
	add := func(c color.RGBA) uint16 {
		out.Palette = append(out.Palette, c)
		return uint16(len(out.Palette))
	}
	bucket := func(c color.RGBA) int {
		return int(c.R>>(8-bits))<<(2*bits) | int(c.G>>(8-bits))<<bits | int(c.B>>(8-bits))
	}
	for _, c := range []drawing.Color{paperColour, textColour, mutedColour, gridColour, baselineColour, candidateColour, neutralColour} {
		flat := color.RGBA{c.R, c.G, c.B, 255}
		known[bucket(flat)] = add(flat)
	}
	// Neighbours are mostly alike.
	last, place := uint32(0), uint8(0)
	for i := range out.Pix {
		v := binary.LittleEndian.Uint32(picture.Pix[4*i:])
		if i > 0 && v == last {
			out.Pix[i] = place
			continue
		}
		last = v
		// Colours are premultiplied: what they leave of the paper, which is white, adds to each part alike.
		bare := 255 - uint8(v>>24)
		c := color.RGBA{uint8(v) + bare, uint8(v>>8) + bare, uint8(v>>16) + bare, 255}
		b := bucket(c)
		switch {
		case known[b] > 0:
		case len(out.Palette) < 256:
			known[b] = add(c)
		default:
			known[b] = uint16(out.Palette.Index(c) + 1)
		}
		place = uint8(known[b] - 1)
		out.Pix[i] = place
	}
	return out
}
