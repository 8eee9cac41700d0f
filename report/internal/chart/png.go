package chart

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"hash/crc32"
	"image"
	"image/color"
	"io"
	"math"

	"github.com/klauspost/compress/flate"
)

// filterUp is the filter of a line that is written as what it differs from the one above; others are not filtered.
const filterUp = 2

// encoder writes pictures, one after another, as PNG: its buffers are kept for the next one.
type encoder struct {
	file   []byte
	packer *flate.Writer
}

// encode writes a picture together with its resolution (the chunk pHYs), without which a word processor would show it three
// times as large as it was drawn for. The standard library's encoder can't say it, and takes longer. The format
// is that of the PNG Specification, third edition, W3C 2025.
func (e *encoder) encode(w io.Writer, picture *image.Paletted, dpi float64) error {
	size := picture.Bounds().Size()
	// 8 bits a pixel, by palette, with the usual compression, filters that vary by line, and not interlaced.
	head := append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(size.X)), uint32(size.Y)), 8, 3, 0, 0, 0)
	perMetre := uint32(math.Round(dpi / 0.0254))
	var palette []byte
	for _, c := range picture.Palette {
		rgba := color.RGBAModel.Convert(c).(color.RGBA)
		palette = append(palette, rgba.R, rgba.G, rgba.B)
	}
	e.file = append(e.file[:0], "\x89PNG\r\n\x1a\n"...)
	e.chunk("IHDR", head)
	e.chunk("pHYs", append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, perMetre), perMetre), 1))
	e.chunk("PLTE", palette)
	start := e.begin("IDAT")
	if err := e.lines(picture); err != nil {
		return fmt.Errorf("encode PNG: %w", err)
	}
	e.end(start)
	e.chunk("IEND", nil)
	if _, err := w.Write(e.file); err != nil {
		return fmt.Errorf("encode PNG: %w", err)
	}
	return nil
}

// chunk adds a part of the file: its length, name, content, and the sum of the last two.
func (e *encoder) chunk(name string, content []byte) {
	start := e.begin(name)
	e.file = append(e.file, content...)
	e.end(start)
}

// begin begins a part of the file, whose content follows until end.
func (e *encoder) begin(name string) (start int) {
	start = len(e.file)
	e.number(0)
	e.file = append(e.file, name...)
	return start
}

func (e *encoder) end(start int) {
	part := e.file[start:]
	binary.BigEndian.PutUint32(part, uint32(len(part)-8))
	e.number(crc32.ChecksumIEEE(part[4:]))
}

func (e *encoder) number(v uint32) { e.file = binary.BigEndian.AppendUint32(e.file, v) }

// Write takes what is packed.
func (e *encoder) Write(p []byte) (int, error) {
	e.file = append(e.file, p...)
	return len(p), nil
}

// lines packs a picture in the format zlib (RFC 1950). A line that is the one above again, as half of those of a chart are, is
// written as what it differs from that: zeros, whose sum is known.
func (e *encoder) lines(picture *image.Paletted) error {
	e.file = append(e.file, 0x78, 0x01) // deflated, with a window of 32 KiB, fast
	if e.packer != nil {
		e.packer.Reset(e)
	} else {
		var err error
		if e.packer, err = flate.NewWriter(e, flate.BestSpeed); err != nil {
			return err
		}
	}
	size := picture.Bounds().Size()
	line, again, above := make([]byte, 1+size.X), make([]byte, 1+size.X), []byte(nil)
	again[0] = filterUp
	sum, sumAgain := uint32(1), adler32.Checksum(again)
	for y := range size.Y {
		pixels := picture.Pix[y*picture.Stride:][:size.X]
		written, added := again, sumAgain
		if !bytes.Equal(pixels, above) {
			copy(line[1:], pixels)
			written, added, above = line, adler32.Checksum(line), pixels
		}
		if _, err := e.packer.Write(written); err != nil {
			return err
		}
		sum = joinSums(sum, added, len(written))
	}
	if err := e.packer.Close(); err != nil {
		return err
	}
	e.number(sum)
	return nil
}

// joinSums is the Adler-32 sum of two pieces from those of each; the second has so many bytes.
func joinSums(first, second uint32, size int) uint32 {
	const base = 65521
	low, high := uint64(first&0xffff), uint64(first>>16)
	// The low half of the second's began at 1 where that of the first is, and its high half has grown by it with each byte.
	high += uint64(second>>16) + uint64(size)*(low+base-1)
	low += uint64(second&0xffff) + base - 1
	return uint32(high%base<<16 | low%base)
}
