package chart

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"math"
)

// encodePNG writes a picture together with its resolution (the chunk pHYs), without which a word processor would
// show it three times as large as it was drawn for.
func encodePNG(w io.Writer, picture image.Image, dpi float64) error {
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
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
