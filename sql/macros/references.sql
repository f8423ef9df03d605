{#-
  DuckDB names a file's catalog after the file and keeps that name inside every view. A reference
  without it stays good when the file is copied, renamed or attached under another name.
-#}
{% macro ref() %}
    {% do return(builtins.ref(*varargs, **kwargs).include(database=false)) %}
{% endmacro %}

{% macro source() %}
    {% do return(builtins.source(*varargs).include(database=false)) %}
{% endmacro %}
