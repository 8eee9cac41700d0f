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
// time. The flat colours are kept to the bit; those at the edges of letters and bars are within 8 of 256. A picture of more
// colours, or one that isn't opaque, stays as it is.
func paletted(picture *image.RGBA) image.Image {
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
	var last color.RGBA
	place := uint16(0)
	for i := range out.Pix {
		c := color.RGBA{picture.Pix[4*i], picture.Pix[4*i+1], picture.Pix[4*i+2], picture.Pix[4*i+3]}
		if c != last || place == 0 {
			if c.A != 255 {
				return picture
			}
			b := bucket(c)
			if known[b] == 0 {
				if len(out.Palette) == 256 {
					return picture
				}
				known[b] = add(c)
			}
			last, place = c, known[b]
		}
		out.Pix[i] = uint8(place - 1)
	}
	return out
}
