-- What a person's query must not reach: files, the network, variables of this program.
set enable_external_access = false;
set python_enable_replacements = false;
