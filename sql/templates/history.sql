{#- Written by `make models` from sources/tables. -#}
{{ version_history('<< table.name >>', [<% for part in key %>'<< part >>'<< ", " if not loop.last >><% endfor %>]) }}
