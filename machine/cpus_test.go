package machine

import "testing"

func TestTheKernelsListOfCPUsIsCounted(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]int{
		"0\n": 1, "0-63\n": 64, "0-3,5,8-9\n": 7, "": 0, "unknown": 0, "3-1": 0, "0-": 0, "-1": 0, "0-99999999999": 0, "0,x": 0,
	} {
		if got := counted(list); got != want {
			t.Errorf("%q: %d, want %d", list, got, want)
		}
	}
	if Online() < 1 {
		t.Error("no CPU is online")
	}
}
