module dagger/tqbench

go 1.26
