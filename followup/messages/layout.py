"""The frame around every email, in MJML: the clinic's name, the words on a card, and a quiet footer.

Colours are those of the staff pages. Mail programs that drop the `<style>` block still show readable text, because
MJML writes what matters inline; dark colours need the block. `[[…]]` marks what is put in before MJML runs.
"""

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial, sans-serif"

_STYLE = """
  .words p, .words ul { margin: 0 0 16px; }
  .words p:last-child, .words ul:last-child { margin-bottom: 0; }
  .words ul { padding-left: 22px; }
  .words li { margin: 0 0 6px; }
  .foot p { margin: 0 0 8px; }
  a { color: #0b5a63; }
  a.number { color: inherit; text-decoration: none; white-space: nowrap; }
  a.action { display: block; margin: 12px 0; padding: 12px 18px; border-radius: 8px; background: #0b5a63;
    color: #ffffff; font-size: 16px; font-weight: 600; text-decoration: none; word-break: break-all; }
  @media (max-width: 599px) { .card { margin: 0 12px !important; } }
  @media (prefers-color-scheme: dark) {
    body, .ground { background: #0f1514 !important; }
    .card, .card > table { background: #171f1d !important; }
    .card > table > tbody > tr > td { border-color: #2b3532 !important; }
    .words div { color: #e6ece9 !important; }
    .head div { color: #8fd6d8 !important; }
    .foot div { color: #98a5a0 !important; }
    a { color: #6fc5c9; }
    a.action { background: #6fc5c9; color: #06262a; }
  }
"""

MJML = f"""
<mjml lang="[[language]]">
  <mj-head>
    <mj-title>{{{{ subject }}}}</mj-title>
    <mj-raw><meta name="color-scheme" content="light dark" /></mj-raw>
    <mj-raw><meta name="supported-color-schemes" content="light dark" /></mj-raw>
    <mj-attributes>
      <mj-all font-family="{_FONT}" />
      <mj-text font-size="17px" line-height="1.5" color="#16211e" padding="0" />
      <mj-section padding="0" />
    </mj-attributes>
    <mj-style>{_STYLE}</mj-style>
  </mj-head>
  <mj-body width="560px" background-color="#f3f5f3" css-class="ground">
    <mj-section padding="28px 24px 14px">
      <mj-column>
        <mj-text css-class="head" font-weight="600" color="#0a4d55">{{{{ clinic }}}}</mj-text>
      </mj-column>
    </mj-section>
    <mj-section css-class="card" background-color="#ffffff" border="1px solid #dce2de" border-radius="12px" \
padding="26px 24px">
      <mj-column>
        <mj-text css-class="words">[[body]]</mj-text>
      </mj-column>
    </mj-section>
    <mj-section padding="18px 24px 32px">
      <mj-column>
        <mj-text css-class="foot" font-size="14px" color="#5b6863">[[footer]]</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""
