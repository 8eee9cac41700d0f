package trace

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// datedFrom is the time, in nanoseconds since 1970, from which numbers are dates: March 1973. Smaller ones count from the start of a trace,
// which is never that long.
const datedFrom = 100_000_000_000_000_000

// clock reads times.
type clock struct {
	// unit is the unit of numbers in nanoseconds; 0 if the first number decides, which is the first time that is read.
	unit int64
	// hours says that numbers are years, months, days and hours in one, as Wikipedia writes them.
	hours bool
	// decimalComma allows 1,5 for 1.5.
	decimalComma bool
}

// units are those of numbers, by the names that a user may give.
func units() map[string]int64 {
	return map[string]int64{"s": int64(time.Second), "ms": int64(time.Millisecond), "us": int64(time.Microsecond), "ns": 1}
}

// hourly is the unit of numbers such as 2015070113.
const hourly = "yyyymmddhh"

// guess is the unit of a number: as a date, it is between 1973 and 5138.
func guess(number string) int64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	switch v = math.Abs(v); {
	case err != nil || v < 1e11:
		return int64(time.Second)
	case v < 1e14:
		return int64(time.Millisecond)
	case v < 1e17:
		return int64(time.Microsecond)
	}
	return 1
}

// parse is a time in nanoseconds: since 1970 if it has a date.
func (c *clock) parse(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if c.hours {
		t, err := time.Parse("2006010215", s)
		return t.UnixNano(), err == nil && inRange(t.Year())
	}
	if isNumber(s) {
		if c.decimalComma {
			s = strings.Replace(s, ",", ".", 1)
		}
		if c.unit == 0 {
			c.unit = guess(s)
		}
		at, ok := scaled(s, c.unit)
		return at, ok && at >= 0
	}
	return parseDate(s)
}

// want says what is read.
func (c *clock) want() string {
	if c.hours {
		return "write an hour such as 2015070113"
	}
	return "write a number from 0, or a date and time such as 2026-01-31T12:00:00Z"
}

// isNumber tells numbers from dates: a date has a second dash, slash or colon.
func isNumber(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9' || c == '.' || c == ',':
		case c == '-' || c == '+':
			if i > 0 && s[i-1] != 'e' && s[i-1] != 'E' {
				return false
			}
		case (c == 'e' || c == 'E') && i > 0:
		default:
			return false
		}
	}
	return true
}

// fractionDigits are those of a fraction that count: nanoseconds of a second.
const fractionDigits = 9

// scaled is a decimal number times a unit, without the rounding of floating point: nanoseconds since 1970 have 19 digits.
func scaled(s string, unit int64) (int64, bool) {
	s = strings.TrimSpace(s)
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || strings.Trim(fraction, "0123456789") != "" {
		v, err := strconv.ParseFloat(s, 64)
		v *= float64(unit)
		return int64(v), err == nil && math.Abs(v) < 9e18
	}
	if n > uint64(math.MaxInt64/unit)-1 {
		return 0, false
	}
	fraction = fraction[:min(len(fraction), fractionDigits)]
	f := int64(0)
	if fraction != "" {
		if f, err = strconv.ParseInt(fraction, 10, 64); err != nil {
			return 0, false
		}
	}
	tens := int64(1)
	for range fraction {
		tens *= 10
	}
	out := int64(n)*unit + f*unit/tens
	if negative {
		out = -out
	}
	return out, true
}

// inRange are the years that nanoseconds of 64 bits can hold.
func inRange(year int) bool { return year >= 1700 && year <= 2250 }

// parseDate reads ISO 8601 and the date of an access log. A time without a zone is UTC.
func parseDate(s string) (int64, bool) {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if at, ok := parseLogDate(s); ok {
		return at, true
	}
	p := &digits{s: s, ok: true}
	year := p.number(4)
	dash := p.oneOf("-/")
	month := p.number(2)
	if dash {
		p.must("-/")
	}
	day := p.number(2)
	var hour, minute, second, nano int
	if len(p.s) > 1 && p.s[1] >= '0' && p.s[1] <= '9' && p.oneOf("Tt ") {
		hour = p.number(2)
		colon := p.oneOf(":")
		minute = p.number(2)
		if colon && p.oneOf(":") || !colon && p.digit() {
			second = p.number(2)
			if p.oneOf(".,") {
				nano = p.fraction()
			}
		}
	}
	offset := p.zone()
	return p.time(year, time.Month(month), day, hour, minute, second, nano, offset)
}

// parseLogDate reads 01/Jul/1995:00:00:01 -0400.
func parseLogDate(s string) (int64, bool) {
	p := &digits{s: s, ok: true}
	day := p.number(2)
	p.must("/")
	month := p.month()
	p.must("/")
	year := p.number(4)
	p.must(":")
	hour := p.number(2)
	p.must(":")
	minute := p.number(2)
	p.must(":")
	second := p.number(2)
	nano := 0
	if p.oneOf(".") {
		nano = p.fraction()
	}
	offset := p.zone()
	return p.time(year, month, day, hour, minute, second, nano, offset)
}

// digits reads a date from left to right; ok says that nothing was wrong so far.
type digits struct {
	s  string
	ok bool
}

func (p *digits) digit() bool { return len(p.s) > 0 && p.s[0] >= '0' && p.s[0] <= '9' }

func (p *digits) number(width int) int {
	n := 0
	for range width {
		if !p.digit() {
			p.ok = false
			return 0
		}
		n = 10*n + int(p.s[0]-'0')
		p.s = p.s[1:]
	}
	return n
}

func (p *digits) fraction() int {
	n, width := 0, 0
	for ; p.digit(); p.s = p.s[1:] {
		if width < fractionDigits {
			n = 10*n + int(p.s[0]-'0')
			width++
		}
	}
	p.ok = p.ok && width > 0
	for ; width < fractionDigits; width++ {
		n *= 10
	}
	return n
}

func (p *digits) oneOf(set string) bool {
	if p.s == "" || strings.IndexByte(set, p.s[0]) < 0 {
		return false
	}
	p.s = p.s[1:]
	return true
}

func (p *digits) must(set string) { p.ok = p.oneOf(set) && p.ok }

func (p *digits) month() time.Month {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	if len(p.s) < 3 {
		p.ok = false
		return 0
	}
	i := strings.Index(names, p.s[:3])
	p.ok = p.ok && i >= 0 && i%3 == 0
	p.s = p.s[3:]
	return time.Month(i/3 + 1)
}

// zone is the distance to UTC in seconds.
func (p *digits) zone() int {
	rest := strings.TrimLeft(p.s, " ")
	switch strings.ToUpper(rest) {
	case "", "Z", "UTC", "GMT":
		p.s = ""
		return 0
	}
	p.s = rest
	sign := 1
	if p.oneOf("-") {
		sign = -1
	} else {
		p.must("+")
	}
	hours, minutes := p.number(2), 0
	if p.oneOf(":") || p.digit() {
		minutes = p.number(2)
	}
	p.ok = p.ok && hours <= 23 && minutes <= 59
	return sign * (hours*3600 + minutes*60)
}

// time is the whole, if all of it was read and the date exists. A leap second is the next second.
func (p *digits) time(year int, month time.Month, day, hour, minute, second, nano, offset int) (int64, bool) {
	if !p.ok || p.s != "" || !inRange(year) || hour > 23 || minute > 59 || second > 60 {
		return 0, false
	}
	t := time.Date(year, month, day, hour, minute, second, nano, time.UTC)
	if check := time.Date(year, month, day, 0, 0, 0, 0, time.UTC); check.Month() != month || check.Day() != day {
		return 0, false
	}
	return t.UnixNano() - int64(offset)*int64(time.Second), true
}
