package results

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/tqbench/tqbench/internal/atomicfile"
)

// A document's last member is the checksum of all that comes before it, so that a bit that flipped in a figure is seen,
// too: `"crc32c": "e3069283"`, CRC-32C (RFC 3720, B.4) in hexadecimal of all bytes from the first to the last before the
// comma. A document that was made by hand needs none.
const (
	sealBegin  = ",\n  \"crc32c\": \""
	sealEnd    = "\"\n}\n"
	sealDigits = 8
)

// WriteSealed writes v, which is an object, as an indented document with a checksum.
func WriteSealed(path string, v any) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		var b bytes.Buffer
		if err := atomicfile.JSON(v)(&b); err != nil {
			return err
		}
		body, ok := bytes.CutSuffix(b.Bytes(), []byte("\n}\n"))
		if !ok {
			return fmt.Errorf("%T is no object", v)
		}
		if _, err := w.Write(body); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "%s%s%s", sealBegin, checksum(body), sealEnd)
		return err
	})
}

// Sealed reports whether the content of a file has a checksum, right or wrong.
func Sealed(data []byte) bool {
	_, _, ok := sealOf(data)
	return ok
}

// sealOf cuts the content of a file into what the checksum is of, and the checksum.
func sealOf(data []byte) (body []byte, sum string, ok bool) {
	const size = len(sealBegin) + sealDigits + len(sealEnd)
	if len(data) < size {
		return nil, "", false
	}
	body, seal := data[:len(data)-size], string(data[len(data)-size:])
	if seal[:len(sealBegin)] != sealBegin || seal[len(seal)-len(sealEnd):] != sealEnd {
		return nil, "", false
	}
	return body, seal[len(sealBegin):][:sealDigits], true
}

// CheckSeal refuses the content of a file, which was read from path, that isn't as it was written.
func CheckSeal(path string, data []byte) error {
	body, sum, ok := sealOf(data)
	if !ok {
		return nil
	}
	if sum != checksum(body) {
		return fmt.Errorf("read %s: %w: its checksum is %s, and it says %s: it was damaged or changed after it was written",
			path, ErrFormat, checksum(body), sum)
	}
	return nil
}

func checksum(body []byte) string {
	return fmt.Sprintf("%0*x", sealDigits, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}
