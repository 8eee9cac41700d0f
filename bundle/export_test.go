package bundle

// For tests that make bundles of any content.
var (
	List = list
	Pack = pack
)
