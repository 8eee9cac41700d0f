package contender

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
)

// UUID is a universally unique identifier (RFC 9562).
type UUID [16]byte

// RandomUUID draws a version 4 UUID. A seeded source makes a trial's ids repeatable.
func RandomUUID(rng *rand.Rand) UUID {
	var u UUID
	hi, lo := rng.Uint64(), rng.Uint64()
	for i := range 8 {
		u[i] = byte(hi >> (8 * i))
		u[8+i] = byte(lo >> (8 * i))
	}
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

// SeqUUID is a version 8 UUID, whose content is free: 58 random bits, and a task's number in the last 56, so that a worker's hook finds
// the number of a task with the user's arguments.
func SeqUUID(seq int64, rng *rand.Rand) UUID {
	u := RandomUUID(rng)
	u[6] = u[6]&0x0f | 0x80
	for i := range 7 {
		u[9+i] = byte(seq >> (48 - 8*i))
	}
	return u
}

// AppendText appends the UUID's 36 characters.
func (u UUID) AppendText(dst []byte) []byte {
	const digits = "0123456789abcdef"
	var out [36]byte
	at := 0
	for i, b := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out[at] = '-'
			at++
		}
		out[at], out[at+1] = digits[b>>4], digits[b&15]
		at += 2
	}
	return append(dst, out[:]...)
}

// String is the UUID's text.
func (u UUID) String() string { return string(u.AppendText(make([]byte, 0, 36))) }

// ParseUUID reads what AppendText writes.
func ParseUUID(s string) (u UUID, err error) {
	if len(s) != 36 {
		return u, fmt.Errorf("%q is not a UUID", s)
	}
	at := 0
	for _, part := range [][2]int{{0, 8}, {9, 13}, {14, 18}, {19, 23}, {24, 36}} {
		if part[0] > 0 && s[part[0]-1] != '-' {
			return UUID{}, fmt.Errorf("%q is not a UUID", s)
		}
		n, err := hex.Decode(u[at:], []byte(s[part[0]:part[1]]))
		if err != nil {
			return UUID{}, fmt.Errorf("%q is not a UUID", s)
		}
		at += n
	}
	return u, nil
}
