package trial

import "testing"

// From any output of a framework's side, only valid times are taken.
func FuzzCodec(f *testing.F) {
	f.Add([]byte(`{"encode_ns": [1.5, 2], "decode_ns": [1, 2], "bytes": 100, "same": true, "refused": ""}`))
	f.Add([]byte(`{"encode_ns": [1], "decode_ns": []}`))
	f.Add([]byte(`{"encode_ns": [-1], "decode_ns": [1e308]}`))
	f.Add([]byte(`{"bytes": -1}`))
	f.Add([]byte(`{"refused": "a set"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := readCodec(data)
		if err != nil {
			return
		}
		if len(c.EncodeNs) != len(c.DecodeNs) || c.Bytes < 0 {
			t.Errorf("%q gives %+v", data, c)
		}
		for i := range c.EncodeNs {
			if !(c.EncodeNs[i] >= 0 && c.DecodeNs[i] >= 0) {
				t.Errorf("%q gives %+v", data, c)
			}
		}
	})
}
