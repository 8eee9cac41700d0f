package trial

import (
	"bytes"
	"strings"
	"testing"
)

func TestOfALongLogTheEndsAreKept(t *testing.T) {
	if got := shortened([]byte("short")); string(got) != "short" {
		t.Errorf("%q", got)
	}
	long := []byte("first" + strings.Repeat("x", 10*logEnds) + "last")
	got := shortened(long)
	if !bytes.HasPrefix(got, []byte("first")) || !bytes.HasSuffix(got, []byte("last")) || len(got) > 2*logEnds+100 ||
		!bytes.Contains(got, []byte("bytes left out")) {
		t.Errorf("%d bytes: %q", len(got), got[:100])
	}
}
