package contender

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker"
)

func TestATasksNumberIsInItsID(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for _, seq := range []int64{0, 1, 255, 1 << 40, 1<<56 - 1} {
		u := SeqUUID(seq, rng)
		low := binary.BigEndian.Uint64(u[8:]) & (1<<56 - 1)
		if int64(low) != seq || u[6]>>4 != 8 || u[8]>>6 != 2 {
			t.Errorf("%s for %d has %d, version %d, variant %d", u, seq, low, u[6]>>4, u[8]>>6)
		}
		seen[u.String()] = true
	}
	if len(seen) != 5 {
		t.Error("two tasks have one id")
	}
}

// JSON values in MessagePack's smallest forms.
func TestJSONArgumentsBecomeMessagePack(t *testing.T) {
	t.Parallel()
	many := "[" + strings.Repeat("1,", 69_999) + "1]"
	for text, want := range map[string]string{
		`[1, -1, 1.5, "a", true, null]`: "\x96\x01\xff\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\xa1a\xc3\xc0",
		`{"b": [], "a": {}}`:            "\x82\xa1b\x90\xa1a\x80",
		`{"a": 1, "b": 2, "a": 3}`:      "\x82\xa1a\x03\xa1b\x02",
		`9223372036854775807`:           "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff",
		`18446744073709551615`:          "\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
		`18446744073709551616`:          "",
		many:                            "\xdd\x00\x01\x11\x70" + strings.Repeat("\x01", 70_000),
		`1e400`:                         "",
		`{`:                             "",
	} {
		got, err := appendMsgpackJSON(nil, []byte(text))
		if (err == nil) != (want != "") || err == nil && string(got) != want {
			t.Errorf("%s became %q (%v), want %q", text, got, err, want)
		}
	}
}

// Integers are as the pickler of CPython 3.11 writes them, and objects keep the order of the text.
func TestJSONArgumentsBecomePickles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"b": 1, "a": 2}`:      "}\x94\x8c\x01b\x94K\x01s\x8c\x01a\x94K\x02s",
		`2147483648`:            "\x8a\x05\x00\x00\x00\x80\x00",
		`-2147483649`:           "\x8a\x05\xff\xff\xff\x7f\xff",
		`9223372036854775808`:   "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00",
		`18446744073709551616`:  "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01",
		`-9223372036854775809`:  "\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff",
		`-18446744073709551616`: "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\xff",
	} {
		if got, err := (pickleNotation{}).json(nil, []byte(text)); err != nil || string(got) != want {
			t.Errorf("%s became %q (%v), want %q", text, got, err, want)
		}
	}
}

// A user's arguments arrive in JSON as json.dumps of Python 3.11 writes them, however the file had them.
func TestJSONArgumentsAreWrittenAsPythonDoes(t *testing.T) {
	t.Parallel()
	text := "[\n  \"p\\u00e9ncil\", \"\u00e9\\/\\u003c\\\"\", {\"b\":1,\t\"a\": [1.50, 1e5, 1e22, -0.0, 12345678901234567890, true, null]}, \"a,b: c\"]"
	for _, tt := range []struct {
		j    jsonNotation
		want string
	}{
		{jsonNotation{between: ", ", pair: ": "}, `["p\u00e9ncil", "\u00e9/<\"", {"b": 1, "a": [1.5, 100000.0, 1e+22, -0.0, 12345678901234567890, true, null]}, "a,b: c"]`},
		{jsonNotation{between: ",", pair: ":"}, `["p\u00e9ncil","\u00e9/<\"",{"b":1,"a":[1.5,100000.0,1e+22,-0.0,12345678901234567890,true,null]},"a,b: c"]`},
	} {
		if got, err := tt.j.json(nil, []byte(text)); err != nil || string(got) != tt.want {
			t.Errorf("%s (%v), want %s", got, err, tt.want)
		}
	}
	if got, err := (jsonNotation{}).json(nil, []byte("[1e400]")); err == nil {
		t.Errorf("a number that is too large became %s", got)
	}
}

// Workers only show the copy of the arguments in a header: as with the real clients, it doesn't grow with them.
func TestTheCopyOfLongArgumentsIsCut(t *testing.T) {
	t.Parallel()
	long := Task{Name: "price", Own: &Call{Args: []byte(`["` + strings.Repeat("é", 100_000) + `"]`), Kwargs: []byte("{}")}}
	for text, most := range map[string]int{`{encode: [json], body: $(args|repr)}`: 6*1024 + 100, `{encode: [json], body: "f($(args|call))"}`: 6*75 + 100} {
		if got := len(encoded(t, parsedFormat(t, text), long)); got > most {
			t.Errorf("%s: %d bytes, at most %d are wanted", text, got, most)
		}
	}
}

func TestAsynctasqNeedsModuleAndFunction(t *testing.T) {
	t.Parallel()
	target := committed("redis", "")
	target.Own = &Own{App: "shop"}
	c, err := catalog(t).Find("asynctasq")
	if err != nil {
		t.Fatal(err)
	}
	enc, err := c.Encoder(target)
	if err != nil {
		t.Fatal(err)
	}
	call := &Call{Args: []byte("[]"), Kwargs: []byte("{}")}
	if _, err := enc.Append(nil, &broker.Properties{}, Task{Name: "price", Own: call}); err == nil {
		t.Error("a task without a module was accepted")
	}
}

func FuzzParseUUID(f *testing.F) {
	f.Add("0191f7b0-0000-8000-8000-0000000000ff")
	f.Add("0191f7b0-0000-8000-8000-0000000000f\xff")
	f.Add("------------------------------------")
	f.Fuzz(func(t *testing.T, s string) {
		if u, err := ParseUUID(s); err == nil && !strings.EqualFold(u.String(), s) {
			t.Fatalf("%q was read as %s", s, u)
		}
	})
}
